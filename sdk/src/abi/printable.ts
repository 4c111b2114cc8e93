/** What a terminal obeys instead of showing it, and what reorders or breaks the text around it: control, bidirectional and line characters. */
const OBEYED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const KEPT: readonly string[] = ['\n', '\t'];

/** Text that somebody else has written, for a terminal: what it would obey is shown as `\u001b`, but for line breaks and tabs. JSON stays the same to whoever reads it. */
export function printable(text: string): string {
  return text.replace(OBEYED, (character) => (KEPT.includes(character) ? character : escapeOf(character)));
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
