import { stripVTControlCharacters } from 'node:util';

/** What is another each time: how long and how large, digests, keys. A page shows real ones; the reader's will differ. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  // first: keys may have in them what looks like one of the others
  [/MCowBQYDK2VwAyEA[\w+/=]+/g, '#key'],
  [/\d[\d,.]* ?(?:ms|µs|s)(?![a-z])/g, '#time'],
  [/\d[\d,.]* ?(?:k?B|[KM]iB)(?![a-z])/g, '#size'],
  [/\d[\d,.]* ?(units|%)/g, '# $1'],
  [/\d[\d,]* at most/g, '# at most'],
  [/\b[0-9a-f]{12,64}\b/g, '#hex'],
];
const GAP = '…';

/**
 * Whether a program's output is what a page shows. In the page `…` as a line stands for any number of lines, and within a line for any text;
 * runs of blanks count as one. Returns what is missing, for a test's message; undefined if nothing is.
 */
export function missingOutput(shown: string, output: string): string | undefined {
  const lines = comparable(output);
  const parts = splitAtGaps(comparable(shown));
  let from = 0;
  for (const part of parts) {
    const at = lines.findIndex((_, start) => start >= from && part.every((line, index) => fits(line, lines[start + index])));
    if (at < 0) return part.join('\n');
    from = at + part.length;
  }
  return undefined;
}

function fits(shown: string, line: string | undefined): boolean {
  if (line === undefined || !shown.includes(GAP)) return shown === line;
  const pattern = shown
    .split(GAP)
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(line);
}

function splitAtGaps(lines: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (line === GAP) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.filter((part) => part.length > 0);
}

function comparable(text: string): string[] {
  const plain = VARYING.reduce((sum, [pattern, name]) => sum.replace(pattern, name), stripVTControlCharacters(text));
  // What npm says of this machine's own settings is no output of ours.
  return plain.split('\n').flatMap((line) => (line.startsWith('npm warn') ? [] : line.replace(/\s+/g, ' ').trim() || []));
}
