const MAX_ROWS = 100;
const MAX_COLUMNS = 20;
const MAX_CELL = 60;
/** The column of rows that are no objects. */
const VALUES = 'Values';
const INDEX = '(index)';

/** Rows and columns as lines of text; undefined for what is no table. `columns`: only these. */
export function formatTable(data: unknown, columns: readonly string[] | undefined, format: (value: unknown) => string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const all = data instanceof Map ? [...data] : Object.entries(data);
  if (all.length === 0) return undefined;
  const rows = all.slice(0, MAX_ROWS);
  const isRecord = (row: unknown): row is object => typeof row === 'object' && row !== null;
  const named = columns ?? [...new Set(rows.flatMap(([, row]) => (isRecord(row) ? Object.keys(row) : [])))];
  const head = named.slice(0, MAX_COLUMNS);
  const hasValues = columns === undefined && rows.some(([, row]) => !isRecord(row));
  const cell = (value: unknown): string => {
    const text = format(value).replaceAll('\n', ' ');
    return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1).toWellFormed()}…` : text;
  };
  const cells = rows.map(([index, row]) => [
    cell(index),
    ...head.map((name) => (isRecord(row) && Object.hasOwn(row, name) ? cell((row as Record<string, unknown>)[name]) : '')),
    ...(hasValues ? [isRecord(row) ? '' : cell(row)] : []),
  ]);
  const lines = layOut([[INDEX, ...head, ...(hasValues ? [VALUES] : [])], ...cells]);
  const missing = all.length - rows.length;
  return [...lines, ...(missing > 0 ? [`… ${missing} more rows`] : [])].join('\n');
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' │ ');
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '─'.repeat(width)).join('─┼─'), ...body.map(line)].map((text) => text.trimEnd());
}
