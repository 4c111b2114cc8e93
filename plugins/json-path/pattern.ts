/** Says whether a text matches as a whole. */
export type Pattern = (text: string) => boolean;

const INLINE_FLAGS = /^\(\?([ims]+)\)/;

/**
 * A regular expression that must match the whole of a text, and one that must match somewhere in it. JavaScript's syntax, with Unicode
 * on; flags in front as in Java: `(?i)`. Throws SyntaxError for what is no regular expression.
 */
export function regularExpression(source: string): { readonly whole: Pattern; readonly part: Pattern } {
  const [prefix = '', letters = ''] = INLINE_FLAGS.exec(source) ?? [];
  const body = source.slice(prefix.length);
  const flags = [...new Set(`u${letters}`)].join('');
  const part = new RegExp(body, flags);
  const whole = new RegExp(`^(?:${body})$`, flags.replace('m', ''));
  return { whole: (text) => whole.test(text), part: (text) => part.test(text) };
}

/** A text in which `*` stands for anything, line breaks too. Takes time in proportion to the text for each of its pieces. */
export function wildcard(source: string): Pattern {
  const pieces = source.split('*');
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (text) => text === source;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}
