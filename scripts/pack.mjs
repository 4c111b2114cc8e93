// `npm run pack -- FOLDER`: builds everything, declarations included, and packs the publishable packages as tarballs into FOLDER.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { addLicences } from './licences.mjs';
import { npm, run, step } from './steps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = resolve(process.argv[2] ?? join(root, '.cache/packages'));

await build();
await step('writing declarations', () =>
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'host', 'sdk/tsconfig.testing.json'], { cwd: root }),
);
const pages = [
  ['web/dist', 'host/dist/web'],
  ['web/dashboard/dist', 'host/dist/dashboard'],
];
/** In a checkout the host would serve these copies, however old they get, instead of the pages that were built. */
const removePages = () => {
  for (const [, packed] of pages) rmSync(join(root, packed), { recursive: true, force: true });
};
removePages();
for (const [built, packed] of pages) cpSync(join(root, built), join(root, packed), { recursive: true });
mkdirSync(target, { recursive: true });
const folders = ['sdk', 'host', 'create-framegate', ...readdirSync(join(root, 'plugins')).map((name) => `plugins/${name}`)];
const packages = folders.filter((folder) => isPublishable(join(root, folder)));
const removeLicences = addLicences(root, packages);
await step(`packing ${packages.length} packages`, () =>
  run(npm, ['pack', '--pack-destination', target, ...packages.flatMap((folder) => ['-w', folder])], { cwd: root }),
).finally(() => {
  removeLicences();
  removePages();
});
console.log(
  readdirSync(target)
    .filter((file) => file.endsWith('.tgz'))
    .map((file) => join(target, file))
    .join('\n'),
);

function isPublishable(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private !== true;
  } catch {
    return false;
  }
}
