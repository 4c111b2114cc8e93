import type { Machine } from './machine.js';
import type { Row, Unit } from './rows.js';

/** Everything that one run found out. */
export interface Report {
  readonly machine: Machine;
  readonly settings: { readonly quick: boolean; readonly runs: number; readonly payloadBytes: number };
  readonly sections: readonly Section[];
}

export interface Section {
  readonly name: string;
  /** One sentence: what the figures say. */
  readonly about: string;
  readonly rows: readonly Row[];
}

const BUSY = 0.5;

/** The report as plain text, a table a section. */
export function renderReport({ machine, settings, sections }: Report): string {
  const lines = [
    `${machine.cpu} · ${machine.cores} cores · ${machine.memoryGiB} GiB · ${machine.kernel} · Node ${machine.node} · V8 ${machine.v8}`,
    `${settings.runs} runs, messages of ${settings.payloadBytes} bytes. Quote ratios: other figures change with the machine and the hour.`,
  ];
  if (machine.loadBefore > BUSY)
    lines.push(`The machine was busy before the bench began (load ${machine.loadBefore}): do not quote this run.`);
  for (const section of sections) lines.push('', `${section.name}: ${section.about}`, ...renderTable(section.rows));
  return lines.join('\n');
}

function renderTable(rows: readonly Row[]): string[] {
  const against = rows.some((row) => row.ratio !== null);
  const header = ['', 'ours', ...(against ? ['peer', 'ratio'] : []), 'least … most', 'runs'];
  const cells = rows.map((row) => [
    row.name,
    format(row.ours, row.unit),
    ...(against ? [row.peer === null ? '' : format(row.peer, row.unit), row.ratio === null ? '' : formatRatio(row.ratio)] : []),
    row.runs === 1 ? '' : formatSpread(row),
    String(row.runs),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)));
  return [header, ...cells].map((line) =>
    `  ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   ')}`.trimEnd(),
  );
}

function formatSpread(row: Row): string {
  if (row.ratio !== null) return `${formatRatio(row.min)} … ${formatRatio(row.max)}`;
  return `${format(row.min, row.unit)} … ${format(row.max, row.unit)}`;
}

const formatRatio = (ratio: number): string => `× ${ratio.toFixed(2)}`;

/** Three digits say all that such a measurement knows; sizes are exact. */
function format(value: number, unit: Unit): string {
  const digits = unit === 'bytes' || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === 'round trips/s' ? `${number}/s` : `${number} ${unit}`;
}
