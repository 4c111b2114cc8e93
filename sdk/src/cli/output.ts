import { stderr } from 'node:process';
import pc from 'picocolors';
import { printable } from '../abi/printable.js';

/** Prints an error in plain words and makes the process end with 1. An unexpected one keeps its stack trace. */
export function fail(error: unknown): void {
  process.exitCode = 1;
  stderr.write(`${pc.red('error')} ${formatError(error)}\n`);
}

/** An error in plain words; an unexpected one with its stack trace. */
export function formatError(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  if (isSystemError(error)) return printable(spellSystemError(error));
  if (!isExpected(error)) return printable(error.stack ?? error.message);
  const hint = 'hint' in error && typeof error.hint === 'string' ? `\n${pc.dim(printable(error.hint))}` : '';
  return `${highlightFrame(printable(error.message))}${hint}`;
}

/** Something the user can put right. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** What the system has refused: a file that cannot be written, a folder that is gone. */
function isSystemError(error: NodeJS.ErrnoException): boolean {
  return error.syscall !== undefined && error.code !== undefined && SYSTEM_ERRORS[error.code] !== undefined;
}

function spellSystemError({ code = '', path, syscall = '' }: NodeJS.ErrnoException): string {
  const where = path ?? (syscall === 'uv_cwd' ? 'the current folder' : syscall);
  return `${where}: ${SYSTEM_ERRORS[code]}`;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'this is not permitted',
  EEXIST: 'this is there already, and not as a folder',
  EISDIR: 'this is a folder, not a file',
  ELOOP: 'these links lead in a circle',
  ENAMETOOLONG: 'this name is too long',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'there is no space left',
  ENOTDIR: 'part of this path is a file, not a folder',
  EPERM: 'this is not permitted',
  EROFS: 'this place cannot be written to',
};

function isExpected(error: Error): boolean {
  return ['CompileError', 'HostError'].includes(error.name) || error instanceof UserError;
}

/** Colours of a code frame: the line in question bright, its neighbours dim. */
function highlightFrame(message: string): string {
  return message
    .split('\n')
    .map((line) =>
      /^> +\d+ \|/.test(line) ? pc.bold(line) : /^ +\| +\^+$/.test(line) ? pc.red(line) : /^ +\d+ \|/.test(line) ? pc.dim(line) : line,
    )
    .join('\n');
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** A time from microseconds to seconds, with three digits or so. */
export function formatMs(ms: number): string {
  if (ms >= 10) return `${Math.round(ms).toLocaleString('en')} ms`;
  if (ms >= 1) return `${ms.toFixed(1)} ms`;
  return `${Math.round(ms * 1000)} µs`;
}

/** Labels, dimmed, with what they stand for beside them; a text of several lines stays in its column. */
export function formatFacts(facts: readonly (readonly string[])[]): string {
  const width = Math.max(...facts.map(([label = '']) => label.length)) + 2;
  return facts
    .map(([label = '', text = '']) => `${pc.dim(label.padEnd(width))}${text.replaceAll('\n', `\n${' '.repeat(width)}`)}`)
    .join('\n');
}

/** Rows as aligned columns, two spaces apart; the first row is the header. */
export function formatTable(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row, index) => {
      const line = row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
      return index === 0 ? pc.dim(line) : line;
    })
    .join('\n');
}

export function indent(text: string, spaces = 2): string {
  return text.replace(/^/gm, ' '.repeat(spaces));
}
