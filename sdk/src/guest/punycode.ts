/** Parameters of Punycode (RFC 3492 §5). */
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_CODE = 128;

/** A label in Punycode (RFC 3492 §6.3), without the prefix "xn--". */
export function encodePunycode(label: string): string {
  const points = Array.from(label, (char) => char.codePointAt(0) as number);
  let out = String.fromCharCode(...points.filter((point) => point < INITIAL_CODE));
  const basic = out.length;
  if (basic > 0) out += '-';
  let code = INITIAL_CODE;
  let delta = 0;
  let bias = INITIAL_BIAS;
  for (let handled = basic; handled < points.length; ) {
    const next = Math.min(...points.filter((point) => point >= code));
    delta += (next - code) * (handled + 1);
    code = next;
    for (const point of points) {
      if (point < code) delta++;
      if (point !== code) continue;
      out += encodeDelta(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
    delta++;
    code++;
  }
  return out;
}

function encodeDelta(delta: number, bias: number): string {
  let out = '';
  let rest = delta;
  for (let k = BASE; ; k += BASE) {
    const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
    if (rest < threshold) return out + rest.toString(BASE).replace(/./, digit);
    out += digit((threshold + ((rest - threshold) % (BASE - threshold))).toString(BASE));
    rest = Math.floor((rest - threshold) / (BASE - threshold));
  }
}

/** Punycode counts a–z before 0–9, `toString(36)` after them. */
function digit(base36: string): string {
  const value = Number.parseInt(base36, BASE);
  return String.fromCharCode(value < 26 ? 97 + value : 22 + value);
}

function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
