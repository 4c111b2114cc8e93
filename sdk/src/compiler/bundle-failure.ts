import { dirname, resolve } from 'node:path';
import type { BuildFailure, Message } from 'esbuild';
import { codeFrame } from './code-frame.js';
import { CompileError } from './compile-error.js';
import { sourceName } from './source-name.js';

const PACKAGE_HINT = "install the package in the plugin's folder, or correct the path. Node's own modules do not exist inside a plugin";
const PATH_HINT = 'there is no such file: correct the path';
const AWAIT_HINT = 'the top level cannot await, for it runs to its end at once while the plugin is built: await inside a hook';
/** Further errors shown, a line each. */
const MAX_MORE = 5;

export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** The first of esbuild's errors as ours. `readSource` gives a file's text for the code frame, if it is there to be read. */
export function toCompileError(failure: BuildFailure, readSource: (file: string) => string | undefined): CompileError {
  const [first] = failure.errors;
  if (first === undefined) return new CompileError('syntax', failure.message, undefined, { cause: failure });
  const kind = first.text.startsWith('Could not resolve') ? 'resolve' : 'syntax';
  const rest = failure.errors.slice(1);
  const more = rest.slice(0, MAX_MORE).map((error) => `\nalso ${describeMessage(error)}`);
  const cut = rest.length > MAX_MORE ? `\nand ${rest.length - MAX_MORE} more` : '';
  return new CompileError(kind, `${withHint(first.text)}${more.join('')}${cut}`, placeOf(first, readSource), { cause: failure });
}

function withHint(text: string): string {
  if (text.startsWith('Top-level await')) return AWAIT_HINT;
  if (!text.startsWith('Could not resolve')) return text;
  return `${text}: ${/^Could not resolve "\.{0,2}\//.test(text) ? PATH_HINT : PACKAGE_HINT}`;
}

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.js', '.jsx', '.mjs', '.json'];

/** The files of which any would let an import resolve that did not, as full paths. Packages are not among them. */
export function missingFiles({ errors }: BuildFailure, folder: string): string[] {
  return errors.flatMap(({ text, location }) => {
    const [, specifier] = /^Could not resolve "(\.{1,2}(?:\/.*)?)"/.exec(text) ?? [];
    if (specifier === undefined || location === null) return [];
    const path = resolve(folder, dirname(location.file), specifier);
    // `./a.js` may mean a.ts
    const stems = [path, path.replace(/\.[mc]?jsx?$/, ''), resolve(path, 'index')];
    return [path, ...stems.flatMap((stem) => EXTENSIONS.map((extension) => stem + extension))];
  });
}

/** One line for a warning. */
export function describeMessage({ text, location }: Message): string {
  return location === null ? text : `${sourceName(location.file)}:${location.line}:${location.column + 1}: ${text}`;
}

function placeOf({ location }: Message, readSource: (file: string) => string | undefined): ConstructorParameters<typeof CompileError>[2] {
  if (location === null) return undefined;
  const { file, line, lineText, length } = location;
  // esbuild counts columns from 0, in bytes.
  const column = Buffer.from(lineText).subarray(0, location.column).toString().length + 1;
  const source = readSource(file) ?? `${'\n'.repeat(line - 1)}${lineText}`;
  return { location: { file: sourceName(file), line, column }, frame: codeFrame(source, line, column, length) };
}
