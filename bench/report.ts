import type { Machine } from './machine.js';
import { type Row, reaches, type Unit } from './rows.js';

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
export function renderReport(report: Report): string {
  const lines = preamble(report);
  for (const { name, about, rows } of report.sections) lines.push('', `${name}: ${about}`, ...alignColumns(tableOf(rows)));
  return lines.join('\n');
}

/** The same in Markdown, to be pasted into a document. */
export function renderMarkdown(report: Report): string {
  const lines = preamble(report).flatMap((line) => [line, '']);
  for (const { name, about, rows } of report.sections) lines.push(`### ${name}`, '', about, '', ...markdownTable(tableOf(rows)), '');
  return lines.join('\n').trimEnd();
}

function preamble({ machine, settings }: Report): string[] {
  const lines = [
    `${machine.cpu} · ${machine.cores} cores · ${machine.memoryGiB} GiB · ${machine.kernel} · Node ${machine.node} · V8 ${machine.v8}`,
    `${settings.runs} runs, chat messages of ${settings.payloadBytes} bytes. Quote ratios: other figures change with the machine and the hour.`,
  ];
  if (settings.quick) lines.push('A quick run shows that everything works: do not quote it.');
  if (machine.loadBefore > BUSY)
    lines.push(`The machine was busy before the bench began (load ${machine.loadBefore}): do not quote this run.`);
  return lines;
}

/** Header and cells. Columns in which nothing would stand are left away. */
function tableOf(rows: readonly Row[]): readonly (readonly string[])[] {
  const against = rows.some((row) => row.ratio !== null);
  const barred = rows.some((row) => row.bar !== undefined);
  const header = ['', 'ours', ...(against ? ['peer', 'ratio'] : []), 'least … most', 'runs', ...(barred ? ['bar'] : [])];
  const cells = rows.map((row) => [
    row.name,
    format(row.ours, row.unit),
    ...(against ? [row.peer === null ? '' : format(row.peer, row.unit), row.ratio === null ? '' : formatRatio(row.ratio)] : []),
    row.runs === 1 ? '' : formatSpread(row),
    String(row.runs),
    ...(barred ? [formatBar(row)] : []),
  ]);
  return [header, ...cells];
}

function alignColumns(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table.map((line) =>
    `  ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   ')}`.trimEnd(),
  );
}

function markdownTable([header = [], ...rows]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)];
}

function formatSpread(row: Row): string {
  if (row.ratio !== null) return `${formatRatio(row.min)} … ${formatRatio(row.max)}`;
  return `${format(row.min, row.unit)} … ${format(row.max, row.unit)}`;
}

function formatBar(row: Row): string {
  if (row.bar === undefined) return '';
  const [sign, bound] = 'atLeast' in row.bar ? ['≥', row.bar.atLeast] : ['≤', row.bar.atMost];
  const value = row.ratio === null ? format(bound, row.unit) : `× ${bound}`;
  return `${sign} ${value} ${reaches(row) ? '✓' : '✗'}`;
}

const formatRatio = (ratio: number): string => `× ${ratio.toFixed(2)}`;

/** Three digits say all that such a measurement knows; sizes and counts are exact. */
function format(value: number, unit: Unit): string {
  const whole = ['bytes', 'threads', 'units'].includes(unit) || Math.abs(value) >= 100;
  const digits = whole ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit.endsWith('/s') ? `${number}/s` : `${number} ${unit}`;
}
