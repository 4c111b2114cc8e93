/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// Each of these runs inside the page, so it may use nothing from outside its own body. They return what is wrong, in words.

/** Text whose contrast with what is behind it is below WCAG 2.2 AA (4.5 : 1; 3 : 1 for large text). Disabled controls are exempt. */
export function lowContrast(): string[] {
  type Colour = readonly [number, number, number, number];
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (canvas === null) return ['no canvas to measure colours with'];
  const parse = (css: string): Colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top: Colour, below: Colour): Colour => {
    const mix = (index: 0 | 1 | 2) => top[index] * top[3] + below[index] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const backdrop = (element: Element | null): Colour => {
    if (element === null) return [255, 255, 255, 1];
    const colour = parse(getComputedStyle(element).backgroundColor);
    return colour[3] === 1 ? colour : over(colour, backdrop(element.parentElement));
  };
  const luminance = ([red, green, blue]: Colour) => {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((part) => (part <= 10.31 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const wrong = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (element === null || text === '' || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest('.visually-hidden, noscript, script, :disabled') !== null) continue;
    const style = getComputedStyle(element);
    const behind = backdrop(element);
    const [lighter = 0, darker = 0] = [luminance(over(parse(style.color), behind)), luminance(behind)].sort((a, b) => b - a);
    const ratio = (lighter + 0.05) / (darker + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.add(`"${text.slice(0, 40)}" has ${ratio.toFixed(2)} : 1`);
  }
  return [...wrong];
}

/** What stands in the way of somebody who cannot see or point: names, landmarks, headings, sizes (WCAG 2.2 AA). */
export function accessibilityProblems(): string[] {
  const wrong: string[] = [];
  const shown = (selector: string) =>
    [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => element.checkVisibility({ visibilityProperty: true }));
  const nameOf = (element: HTMLElement): string => {
    const labelled = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
    const labels = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? [...(element.labels ?? [])] : [];
    const words = [...labelled.map((id) => document.getElementById(id)?.textContent), ...labels.map((label) => label.textContent)];
    const own = labels.length > 0 || element.matches('input, textarea') ? '' : element.textContent;
    return [element.getAttribute('aria-label'), ...words, own].join(' ').trim();
  };
  for (const element of shown('a, button, input, textarea, [role="log"], aside')) {
    if (nameOf(element) === '') wrong.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const element of shown('button, input, textarea')) {
    const { width, height } = element.getBoundingClientRect();
    if (width < 24 || height < 24) wrong.push(`smaller than 24 px: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const element of document.querySelectorAll('[aria-describedby], [aria-controls], [aria-labelledby]')) {
    for (const attribute of ['aria-describedby', 'aria-controls', 'aria-labelledby']) {
      const ids = element.getAttribute(attribute)?.split(' ') ?? [];
      for (const id of ids) if (document.getElementById(id) === null) wrong.push(`${attribute} names "${id}", which is not there`);
    }
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) wrong.push(`the id "${id}" is there twice`);
  if (document.documentElement.lang === '') wrong.push('the page has no language');
  if (document.title === '') wrong.push('the page has no title');
  if (shown('main').length !== 1) wrong.push(`${shown('main').length} main landmarks`);
  if (shown('h1').length !== 1) wrong.push(`${shown('h1').length} first-level headings`);
  return wrong;
}

/** How the focused element, or the box around it, shows that it has the focus. */
export function focusIsVisible(): boolean {
  for (let element = document.activeElement; element !== null && element !== document.body; element = element.parentElement) {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    if (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) return true;
    if (element.matches(':focus-within') && !element.matches(':focus') && boxShadow !== 'none') return true;
  }
  return false;
}

/** Pixels that the page is wider than its window. */
export function horizontalOverflow(): number {
  return document.documentElement.scrollWidth - window.innerWidth;
}
