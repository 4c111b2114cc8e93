import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** npm packs a file of such a name whatever `files` says. */
const OWN = 'LICENSE';
const THIRD_PARTY = 'LICENSE.third-party.txt';

/** The JavaScript engine that every plugin compiled from TypeScript has inside. */
const ENGINE = ['quickjs-wasi', 'quickjs-ng', 'wasi-libc'];
/** What the SDK brings into a plugin that names `crypto`. */
const GUEST = ['@noble/hashes'];
const PAGES = ['react', 'react-dom', 'scheduler', 'uplot'];

function partsOf(root, folder) {
  if (folder === 'host') return PAGES;
  if (folder === 'sdk') return [...ENGINE, ...GUEST];
  return folder.startsWith('plugins/') ? [...ENGINE, ...bundledInto(root, folder)] : [];
}

/** What a plugin is built from, our own packages apart: esbuild puts it into the module. */
function bundledInto(root, folder) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return Object.keys(devDependencies).filter((name) => !name.startsWith('@framegate/'));
}

/** Puts our licence, and those of what is embedded, into each package's folder; returns what takes them away again. */
export function addLicences(root, folders) {
  const written = folders.flatMap((folder) => {
    const own = join(root, folder, OWN);
    writeFileSync(own, readFileSync(join(root, OWN)));
    const parts = partsOf(root, folder);
    if (parts.length === 0) return [own];
    const thirdParty = join(root, folder, THIRD_PARTY);
    writeFileSync(
      thirdParty,
      parts.map((name) => `This package contains ${name}:\n\n${licenceOf(root, name)}`).join(`\n${'-'.repeat(79)}\n\n`),
    );
    return [own, thirdParty];
  });
  return () => {
    for (const file of written) rmSync(file);
  };
}

/** From the installed package, or from scripts/licences for what comes inside one without its licence. */
function licenceOf(root, name) {
  const file = `${name.replace('@', '').replace('/', '-')}.txt`;
  if (readdirSync(join(root, 'scripts/licences')).includes(file)) return readFileSync(join(root, 'scripts/licences', file), 'utf8');
  const folder = join(root, 'node_modules', name);
  const own = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (own === undefined) throw new Error(`${name} is embedded and comes without its licence: put it into scripts/licences/${file}`);
  return readFileSync(join(folder, own), 'utf8');
}
