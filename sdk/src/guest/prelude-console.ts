import type { format } from './prelude-format.js';

type Format = typeof format;

const LEVEL = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/** `console` of the web (console.spec.whatwg.org): each call is one entry of the host's log. */
export function createConsole(
  log: (level: number, message: string) => void,
  format: Format,
): Readonly<Record<string, (...data: unknown[]) => void>> {
  const timers = new Map<string, number>();
  const counters = new Map<string, number>();
  let indent = '';
  const write = (level: number, data: readonly unknown[]): void => log(level, indent + substitute(data, format));
  const at =
    (level: number) =>
    (...data: unknown[]) =>
      write(level, data);
  const elapsed = (label: string): string | undefined => {
    const started = timers.get(label);
    return started === undefined ? undefined : `${label}: ${Date.now() - started} ms`;
  };
  const openGroup = (...data: unknown[]): void => {
    if (data.length > 0) write(LEVEL.info, data);
    indent += '  ';
  };
  return {
    debug: at(LEVEL.debug),
    trace: (...data) => write(LEVEL.debug, [...data, `\n${new Error('trace').stack ?? ''}`]),
    log: at(LEVEL.info),
    info: at(LEVEL.info),
    dir: (value) => write(LEVEL.info, [value]),
    dirxml: at(LEVEL.info),
    table: (value) => write(LEVEL.info, [value]),
    warn: at(LEVEL.warn),
    error: at(LEVEL.error),
    assert: (condition, ...data) => {
      if (!condition) write(LEVEL.error, ['Assertion failed', ...data]);
    },
    clear: () => {},
    count: (label = 'default') => {
      const count = (counters.get(String(label)) ?? 0) + 1;
      counters.set(String(label), count);
      write(LEVEL.info, [`${String(label)}: ${count}`]);
    },
    countReset: (label = 'default') => void counters.delete(String(label)),
    time: (label = 'default') => void timers.set(String(label), Date.now()),
    timeLog: (label = 'default', ...data) => write(LEVEL.info, [elapsed(String(label)) ?? `there is no timer "${String(label)}"`, ...data]),
    timeEnd: (label = 'default') => {
      write(LEVEL.info, [elapsed(String(label)) ?? `there is no timer "${String(label)}"`]);
      timers.delete(String(label));
    },
    group: openGroup,
    groupCollapsed: openGroup,
    groupEnd: () => {
      indent = indent.slice(2);
    },
  };
}

/** Puts the arguments into the first one's %s, %d, %i, %f, %o, %O, %j and %c, and appends what is left. */
function substitute(data: readonly unknown[], format: Format): string {
  const [first, ...rest] = data;
  if (typeof first !== 'string' || rest.length === 0) return data.map(format).join(' ');
  const text = first.replace(/%([sdifoOjc%])/g, (whole, letter: string) => {
    if (letter === '%') return '%';
    if (rest.length === 0) return whole;
    const value = rest.shift();
    if (letter === 'c') return '';
    if (letter === 'd' || letter === 'f') return String(Number(value));
    if (letter === 'i') return String(Math.trunc(Number(value)));
    return letter === 'j' ? (JSON.stringify(value) ?? 'undefined') : format(value);
  });
  return [text, ...rest.map(format)].join(' ');
}
