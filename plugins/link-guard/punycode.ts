/** Parameters of Punycode (RFC 3492 §5). */
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const MAX_CODE = 0x10ffff;

const PREFIX = 'xn--';
/** A label has at most 63 characters on the wire; decoding takes time in the square of it. */
const MAX_LABEL = 63;

/** A host as it is shown to people: its labels in Punycode decoded, those that are none left as they are. */
export function toUnicode(host: string): string {
  return host
    .split('.')
    .map((label) => (label.startsWith(PREFIX) && label.length <= MAX_LABEL ? (decode(label.slice(PREFIX.length)) ?? label) : label))
    .join('.');
}

/** RFC 3492 §6.2; undefined for what is no Punycode. */
function decode(label: string): string | undefined {
  if (label === '') return undefined;
  const hyphen = label.lastIndexOf('-');
  const points = hyphen < 0 ? [] : Array.from(label.slice(0, hyphen), (char) => char.charCodeAt(0));
  let code = 128;
  let bias = 72;
  let place = 0;
  for (let at = hyphen + 1; at < label.length; ) {
    const before = place;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(label.charCodeAt(at++));
      if (digit === undefined) return undefined;
      place += digit * weight;
      const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
      if (digit < threshold) break;
      weight *= BASE - threshold;
    }
    const length = points.length + 1;
    bias = adapt(place - before, length, before === 0);
    code += Math.floor(place / length);
    if (code > MAX_CODE) return undefined;
    place %= length;
    points.splice(place++, 0, code);
  }
  return String.fromCodePoint(...points);
}

/** Letters first, then digits; NaN, behind the end, is none of them. */
function digitOf(code: number): number | undefined {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61;
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : undefined;
}

function adapt(delta: number, length: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
