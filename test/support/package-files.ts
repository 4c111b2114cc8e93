import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ALWAYS = ['LICENSE', 'README.md', 'package.json'];
const THIRD_PARTY = 'LICENSE.third-party.txt';

/** Files below a folder, with slashes, sorted; nothing from node_modules. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((file) => !/(^|\/)node_modules\//.test(file))
    .sort();
}

const within = (folder: string, files: readonly string[]): string[] => files.map((file) => `${folder}/${file}`);

/** What a source folder becomes: code, its map and its declarations; no tests. */
function compiled(source: string): string[] {
  const files = filesIn(source).filter((file) => !/\.test\.ts$|\.d\.ts$|\.wat$/.test(file));
  return files.flatMap((file) => {
    const name = file.replace(/\.ts$/, '');
    return name === file ? [`dist/${file}`] : [`dist/${name}.js`, `dist/${name}.js.map`, `dist/${name}.d.ts`];
  });
}

/** Exactly the files that the package made from a folder of the repository has, sorted. */
export function packageFiles(root: string, folder: string): string[] {
  const own = (): string[] => {
    if (folder.startsWith('plugins/')) return [THIRD_PARTY, 'dist/plugin.wasm'];
    const bin = within('bin', filesIn(join(root, folder, 'bin')));
    if (folder === 'create-framegate') return bin;
    const code = compiled(join(root, folder, 'src'));
    const pages = ['web', 'web/dashboard'].flatMap((page) =>
      within(page === 'web' ? 'dist/web' : 'dist/dashboard', filesIn(join(root, page, 'dist'))),
    );
    if (folder === 'host') return [THIRD_PARTY, ...bin, ...code, ...pages];
    const cores = ['framegate', 'pdk'].flatMap((core) => [`dist/core/${core}.wasm`, `dist/core/${core}.json`]);
    const sources = ['assemblyscript', 'templates'].flatMap((name) => within(name, filesIn(join(root, folder, name))));
    return [THIRD_PARTY, 'globals.d.ts', ...bin, ...code, ...cores, ...sources];
  };
  return [...ALWAYS, ...own()].sort();
}

/** Packages, not ours, that a plugin's module was built from, by its source map. */
export function bundledPackages(map: string): string[] {
  const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { sources: readonly string[] };
  const names = sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  return [...new Set(names)].filter((name) => !name.startsWith('@framegate/')).sort();
}

/** Packages that the sources of a page import, and what these depend on. */
export function importedPackages(root: string, folder: string): string[] {
  const sources = filesIn(join(root, folder)).filter((file) => /\.tsx?$/.test(file) && !/\.test\.|\.config\.|\bdist\//.test(file));
  const names = new Set(
    sources.flatMap((file) =>
      ts
        .preProcessFile(readFileSync(join(root, folder, file), 'utf8'))
        .importedFiles.flatMap(({ fileName }) => /^(?:@[\w-]+\/)?[a-z][\w-]*/.exec(fileName)?.[0] ?? []),
    ),
  );
  for (const name of names) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
      dependencies?: Readonly<Record<string, string>>;
    };
    for (const dependency of Object.keys(dependencies)) names.add(dependency);
  }
  return [...names].filter((name) => !name.startsWith('@framegate/')).sort();
}
