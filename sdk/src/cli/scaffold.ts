import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Language } from '../compiler/language.js';
import { installedSpecifiers } from './installed-packages.js';
import { UserError } from './output.js';

const SDK = fileURLToPath(new URL('../../', import.meta.url));
/** The name that the templates' own plugin has, in every file. */
const TEMPLATE_NAME = 'my-plugin';
/** What npm would take for something of its own in a package. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'package.template.json': 'package.json' };
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface ScaffoldOptions {
  readonly folder: string;
  readonly name: string;
  readonly language: Language;
  /** The sdk's version. */
  readonly version: string;
}

/** Throws UserError for a name that a plugin can't have. */
export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new UserError(`"${name}" can't be a plugin's name: it needs 1–64 of a-z, 0-9 and -, not starting with -`);
}

/** Writes a plugin's package into an empty or new folder, and returns its files. Throws UserError, and writes nothing, if there is something in it. */
export async function scaffold({ folder, name, language, version }: ScaffoldOptions): Promise<string[]> {
  checkName(name);
  await refuseFull(folder);
  const template = join(SDK, 'templates', language);
  const written: string[] = [];
  for (const entry of await readdir(template, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const place = relative(template, source);
    if (!entry.isFile() || /^(dist|node_modules)\b/.test(place)) continue;
    const target = join(folder, dirname(place), RENAMED[entry.name] ?? entry.name);
    const text = (await readFile(source, 'utf8')).replaceAll(TEMPLATE_NAME, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(
      target,
      entry.name === 'package.template.json' ? withSpecifiers(text, installedSpecifiers(SDK, version, folder)) : text,
    );
    written.push(relative(folder, target));
  }
  return written.sort();
}

async function refuseFull(folder: string): Promise<void> {
  try {
    const [first] = (await readdir(folder)).filter((entry) => entry !== '.git');
    if (first === undefined) return;
    throw new UserError(`${folder} is not empty (there is ${first} in it): name another folder, or empty this one`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new UserError(`${folder} is a file: name another folder`, { cause: error });
    if (code !== 'ENOENT') throw error;
  }
}

function withSpecifiers(text: string, specifiers: Readonly<Record<string, string>>): string {
  const manifest = JSON.parse(text) as { devDependencies: Record<string, string> };
  const all = Object.entries({ ...manifest.devDependencies, ...specifiers }).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${JSON.stringify({ ...manifest, devDependencies: Object.fromEntries(all) }, null, 2)}\n`;
}
