import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const SCOPE = '@framegate';
const PREFIX = 'plugin-';

/** The names under which `use` would find the installed @framegate/plugin-* packages, sorted. `from`: files beside which to look, and above. */
export function installedPlugins(from: readonly string[]): readonly string[] {
  const folders = from.flatMap((file) => createRequire(file).resolve.paths(`${SCOPE}/${PREFIX}`) ?? []);
  const packages = folders.flatMap((folder) => list(join(folder, SCOPE)));
  const names = packages.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  return [...new Set(names)].sort();
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
