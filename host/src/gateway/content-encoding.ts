/** In which a file may lie beside itself, the one that is preferred first; with the ending of the copy's name. */
export const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;
export type Encoding = (typeof ENCODINGS)[number]['name'];

/**
 * What of these an `Accept-Encoding` likes best (RFC 9110 §12.5.3); of equals the first. `undefined`: the file as it is, also where the header
 * forbids that and nothing else is there.
 */
export function chooseEncoding(accepted: string | undefined, available: readonly Encoding[]): Encoding | undefined {
  if (accepted === undefined || available.length === 0) return undefined;
  const weights = new Map<string, number>();
  for (const part of accepted.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((word) => word.trim());
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, '');
    weights.set(coding === 'x-gzip' ? 'gzip' : coding, weight === undefined ? 1 : Number(weight) || 0);
  }
  const others = weights.get('*') ?? 0;
  let chosen: Encoding | undefined;
  // Nobody who names an encoding and not `identity` wants the file as it is as much.
  let best = weights.get('identity') ?? 0;
  for (const encoding of available) {
    const weight = weights.get(encoding) ?? others;
    if (weight === 0 || (chosen === undefined ? weight < best : weight <= best)) continue;
    chosen = encoding;
    best = weight;
  }
  return chosen;
}
