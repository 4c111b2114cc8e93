import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What a plugin's source is written in. JavaScript counts as TypeScript. */
export const LANGUAGES = ['typescript', 'assemblyscript'] as const;
/** See `LANGUAGES`. */
export type Language = (typeof LANGUAGES)[number];

/** The file that makes a folder an AssemblyScript project. */
export const ASCONFIG = 'asconfig.json';

/** AssemblyScript if an asconfig.json stands beside the entry or above it, within its package; else TypeScript. */
export function languageOf(entry: string): Language {
  return existsSync(join(projectFolder(entry), ASCONFIG)) ? 'assemblyscript' : 'typescript';
}

/** The nearest folder, from the entry's own upwards, with an asconfig.json or a package.json; without either the entry's own. */
export function projectFolder(entry: string): string {
  const own = dirname(resolve(entry));
  for (let folder = own; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ASCONFIG)) || existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return own;
  }
}
