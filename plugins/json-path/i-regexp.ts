const CATEGORY = '\\\\[pP]\\{(?:L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|Z[lps]?|S[ckmo]?|C[cfno]?)\\}';
const ESCAPE = '\\\\[()*+.?\\[\\\\\\]^nrt{|}-]';
const IN_CLASS = `(?:[^\\-[\\\\\\]\\ud800-\\udfff]|${ESCAPE})`;
const CLASS = `\\[\\^?(?:-|${IN_CLASS}(?:-${IN_CLASS})?|${CATEGORY})(?:${IN_CLASS}(?:-${IN_CLASS})?|${CATEGORY})*-?\\]`;
const QUANTIFIER = '(?:[*+?]|\\{\\d+(?:,\\d*)?\\})?';
const PIECE = new RegExp(
  `(?<atom>[^()*+.?[\\\\\\]{|}\\ud800-\\udfff]|\\.|${ESCAPE}|${CATEGORY}|${CLASS})(?<often>${QUANTIFIER})|\\(|\\)${QUANTIFIER}|\\|`,
  'yu',
);

/** An I-Regexp (RFC 9485) in JavaScript's syntax with the flag `u`; undefined for what is none. */
export function translateIRegexp(pattern: string): string | undefined {
  let depth = 0;
  let translated = '';
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < pattern.length) {
    const found = PIECE.exec(pattern);
    if (found === null) return undefined;
    const [piece] = found;
    if (piece === '(') depth++;
    else if (piece.startsWith(')') && --depth < 0) return undefined;
    translated += found.groups?.atom === undefined ? piece : translateAtom(found.groups.atom) + (found.groups.often ?? '');
  }
  return depth === 0 ? translated : undefined;
}

function translateAtom(atom: string): string {
  if (atom === '.') return '[^\\n\\r]';
  return atom === '\\-' ? '-' : atom;
}
