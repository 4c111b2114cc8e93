const CONTEXT_LINES = 2;
const MAX_WIDTH = 160;

/** The lines around a place, numbered, with a caret under the column (from 1). Long lines are cut around the caret's. */
export function codeFrame(source: string, line: number, column: number, length = 1): string {
  const lines = source.split(/\r?\n/);
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const digits = String(last).length;
  const cut = column > MAX_WIDTH ? column - MAX_WIDTH / 2 : 0;
  const out: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = (lines[number - 1] ?? '').slice(cut, cut + MAX_WIDTH).replaceAll('\t', ' ');
    out.push(`${number === line ? '>' : ' '} ${String(number).padStart(digits)} | ${text}`.trimEnd());
    if (number === line)
      out.push(
        `  ${' '.repeat(digits)} | ${' '.repeat(Math.max(0, column - 1 - cut))}${'^'.repeat(Math.max(1, Math.min(length, text.length - (column - 1 - cut))))}`,
      );
  }
  return out.join('\n');
}
