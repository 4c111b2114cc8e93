import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  readonly figure?: boolean;
  /** Never broken, however long the others are. */
  readonly word?: boolean;
}

interface TableProps<Row> {
  /** For those who hear it instead of seeing it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  /** Shown where there is no row: what would stand here, and how it comes about. */
  readonly empty: ReactNode;
  readonly problem?: string | undefined;
}

/** A table that becomes a list of cards on a narrow screen. */
export function Table<Row>({ caption, columns, rows, rowKey, empty, problem }: TableProps<Row>) {
  if (rows === undefined && problem === undefined) return <p className="empty">Loading…</p>;
  return (
    <>
      {problem !== undefined && <p className="problem">{problem}</p>}
      {rows !== undefined && rows.length === 0 && <p className="empty">{empty}</p>}
      {rows !== undefined && rows.length > 0 && (
        <table>
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ title, figure }) => (
                <th key={title} scope="col" className={figure ? 'figure' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={rowKey(row)}>
                {columns.map(({ title, cell, figure, word }) => (
                  <td key={title} data-title={title} className={figure ? 'figure' : word ? 'word' : undefined}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** How much of a longer list is shown. */
export function MoreRows({ shown, total, onMore }: { shown: number; total: number; onMore: () => void }) {
  if (shown >= total) return null;
  return (
    <p className="more">
      {shown} of {total}
      <button type="button" className="button small" onClick={onMore}>
        Show more
      </button>
    </p>
  );
}
