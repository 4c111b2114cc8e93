import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** npm packs a file of such a name whatever `files` says. */
const OWN = 'LICENSE';
const THIRD_PARTY = 'LICENSE.third-party.txt';

/** The JavaScript engine that every plugin compiled from TypeScript has inside. */
const ENGINE = ['quickjs-wasi', 'quickjs-ng', 'wasi-libc'];
const PAGE = ['react', 'react-dom', 'scheduler'];

const partsOf = (folder) => (folder === 'host' ? PAGE : folder === 'sdk' || folder.startsWith('plugins/') ? ENGINE : []);

/** Puts our licence, and those of what is embedded, into each package's folder; returns what takes them away again. */
export function addLicences(root, folders) {
  const written = folders.flatMap((folder) => {
    const own = join(root, folder, OWN);
    writeFileSync(own, readFileSync(join(root, OWN)));
    const parts = partsOf(folder);
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
  const kept = readdirSync(join(root, 'scripts/licences')).find((file) => file === `${name}.txt`);
  if (kept !== undefined) return readFileSync(join(root, 'scripts/licences', kept), 'utf8');
  const folder = join(root, 'node_modules', name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence: put its text into scripts/licences/${name}.txt`);
  return readFileSync(join(folder, file), 'utf8');
}
