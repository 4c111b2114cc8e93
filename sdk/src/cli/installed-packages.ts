import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

/** How a package.json names the packages of this sdk's family, so that it gets those that are installed here. */
export type Specifiers = Readonly<Record<string, string>>;

const SCOPE = '@framegate/';
const BASE = [`${SCOPE}sdk`, `${SCOPE}host`];

/**
 * `sdkFolder`: where the sdk is installed. `target`: the folder of the package.json. From a registry: the sdk and the host, from this version
 * on. From tarballs: the same tarballs, and those of whatever else of ours was installed from one, since no registry has them either.
 */
export function installedSpecifiers(sdkFolder: string, version: string, target: string): Specifiers {
  const tarballs = installedTarballs(sdkFolder);
  const named = tarballs.map(({ name, file }) => [name, `file:${relative(resolve(target), file).split(sep).join('/')}`]);
  return { ...Object.fromEntries(BASE.map((name) => [name, `^${version}`])), ...Object.fromEntries(named) };
}

/** Packages of ours that npm installed from a file, by npm's own account of what lies in node_modules. */
function installedTarballs(sdkFolder: string): { name: string; file: string }[] {
  const modules = dirname(dirname(sdkFolder));
  const account = join(modules, '.package-lock.json');
  if (basename(modules) !== 'node_modules' || !existsSync(account)) return [];
  const { packages = {} } = JSON.parse(readFileSync(account, 'utf8')) as { packages?: Record<string, { resolved?: string }> };
  return Object.entries(packages).flatMap(([place, { resolved = '' }]) => {
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (!name.startsWith(SCOPE) || !/^file:.*\.tgz$/.test(resolved)) return [];
    return [{ name, file: resolve(dirname(modules), resolved.slice('file:'.length)) }];
  });
}
