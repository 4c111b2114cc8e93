import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ASCONFIG } from '../compiler/language.js';
import { UserError } from './output.js';

/** Where the module of a plugin's own package goes, and what its package.json exports. */
export const PROJECT_MODULE = 'dist/plugin.wasm';

const ENTRIES = ['plugin.ts', 'plugin.js', 'src/plugin.ts', 'src/plugin.js'];
const ASSEMBLYSCRIPT_ENTRIES = ['assembly/index.ts', 'index.ts', 'plugin.ts'];

/** A plugin's package on disk: what to build, and where to. Paths as they are to be shown. */
export interface Project {
  readonly entry: string;
  readonly out: string;
}

/** The plugin whose package the folder is. Throws UserError if there is none. */
export function findProject(folder: string): Project {
  const places = existsSync(join(folder, ASCONFIG)) ? ASSEMBLYSCRIPT_ENTRIES : ENTRIES;
  const entry = places.find((place) => existsSync(join(folder, place)));
  if (entry !== undefined) return { entry, out: PROJECT_MODULE };
  throw new UserError(
    `there is no plugin here: looked for ${places.join(', ')}. Name its file, or make one with \`framegate new my-plugin\``,
  );
}
