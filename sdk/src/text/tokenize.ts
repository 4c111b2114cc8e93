const WORD = "[\\p{L}\\p{M}\\p{N}]+(?:['’][\\p{L}\\p{M}\\p{N}]+)*";
let words: RegExp | undefined;

/**
 * The words of a text: runs of letters, marks and digits, with apostrophes inside. Scripts without blanks give whole runs. Compiled on
 * first use: a regular expression that is compiled while building makes a module 20 KB bigger.
 */
export function tokenize(text: string): string[] {
  words ??= new RegExp(WORD, 'gu');
  return text.match(words) ?? [];
}
