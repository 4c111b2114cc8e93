// Builds what is missing or older than its source: sdk and host (transpiled file by file), the Wasm cores, the plugins, the pages.
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compressPage } from './compress-page.mjs';
import { filesBelow, isFresh } from './fresh.mjs';
import { ensureInstalled } from './install.mjs';
import { done, run, step } from './steps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {{ only?: ('packages' | 'cores' | 'plugins' | 'page')[], install?: boolean }} [options] default: everything, installing first what is missing */
export async function build({ only = ['packages', 'cores', 'plugins', 'page'], install = true } = {}) {
  if (install) await ensureInstalled(root);
  if (only.includes('packages')) await buildPackages();
  if (only.includes('cores')) await buildCores();
  if (only.includes('plugins')) await buildPlugins();
  if (only.includes('page')) await buildPages();
}

async function buildPackages() {
  const stale = [];
  for (const name of ['sdk', 'host']) {
    const source = join(root, name, 'src');
    const output = join(root, name, 'dist');
    const files = filesBelow(source).filter((file) => !file.endsWith('.test.ts') && !file.endsWith('.d.ts'));
    const outputOf = (file) => join(output, relative(source, file)).replace(/\.ts$/, '.js');
    for (const file of files) if (!isFresh(outputOf(file), [file])) stale.push({ file, output: outputOf(file) });
    removeOrphans(output, new Set(files.map(outputOf)));
  }
  if (stale.length === 0) return;
  await step(`building sdk and host (${stale.length} files)`, async () => {
    const esbuild = await import('esbuild');
    await Promise.all(
      stale.map(({ file, output }) => {
        mkdirSync(dirname(output), { recursive: true });
        const loader = file.endsWith('.ts') ? {} : { loader: { [file.slice(file.lastIndexOf('.'))]: 'copy' } };
        return esbuild.build({
          entryPoints: [file],
          outfile: output,
          format: 'esm',
          platform: 'node',
          target: 'node20',
          sourcemap: file.endsWith('.ts'),
          logLevel: 'error',
          ...loader,
        });
      }),
    );
  });
}

/** Deletes what was compiled from a source that is gone, map and declarations included; cores are not ours. */
function removeOrphans(output, expected) {
  for (const file of existsSync(output) ? listOutput(output) : []) {
    const [code] = /^.*\.(?=(?:js|js\.map|d\.ts|d\.ts\.map)$)/.exec(file) ?? [];
    if (code !== undefined && !expected.has(`${code}js`)) rmSync(file);
  }
}

function listOutput(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listOutput(path) : [path];
  });
}

async function buildCores() {
  const { buildCores: run } = await import(pathToFileURL(join(root, 'sdk/dist/compiler/build-cores.js')).href);
  await run({ log: done, starting: (variant) => console.log(`  … linking and optimising the Wasm core ${variant}: about 15 s, once`) });
}

async function buildPlugins() {
  const toolchain = [
    ...filesBelow(join(root, 'sdk/src')),
    ...['wasm', 'json'].map((kind) => join(root, `sdk/dist/core/framegate.${kind}`)),
  ];
  for (const name of readdirSync(join(root, 'plugins'))) {
    const entry = join(root, 'plugins', name, 'plugin.ts');
    if (!existsSync(entry)) continue;
    const output = join(root, 'plugins', name, 'dist/plugin.wasm');
    const sources = filesBelow(dirname(entry)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
    if (isFresh(output, [...sources, ...toolchain])) continue;
    await step(`compiling plugin ${name} to Wasm`, async () => {
      const { compilePlugin } = await import(pathToFileURL(join(root, 'sdk/dist/compiler/index.js')).href);
      await compilePlugin({ entry, outFile: output });
    });
  }
}

/** Both share styles and components, so that a change below web/ rebuilds both. */
async function buildPages() {
  const sources = [...filesBelow(join(root, 'web')).filter((file) => !file.includes('.test.')), join(root, 'scripts/compress-page.mjs')];
  // a test run that builds first says NODE_ENV=test, which would pack React's development build
  const env = { NODE_ENV: 'production' };
  for (const [folder, name] of [
    ['web', 'chat page'],
    ['web/dashboard', 'dashboard'],
  ]) {
    const output = join(root, folder, 'dist/index.html');
    if (!existsSync(join(root, folder, 'index.html')) || isFresh(output, sources)) continue;
    await step(`building the ${name}`, async () => {
      await run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
        cwd: join(root, folder),
        env,
      });
      compressPage(dirname(output));
    });
    const now = new Date();
    utimesSync(output, now, now);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv.slice(2);
  await build(only.length > 0 ? { only } : {}).catch((error) => {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  });
}
