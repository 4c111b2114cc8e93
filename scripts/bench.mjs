// `npm run bench`: builds the product, then measures it. Arguments: --quick, --runs N, --only NAMES, --markdown, --json FILE; see bench/README.md.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { run, step } from './steps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'bench/dist');

async function bundleBench() {
  const esbuild = await import('esbuild');
  await esbuild.build({
    entryPoints: ['main', 'load', 'servers', 'plugins', 'engine-calls', 'crowd', 'soak', 'bystanders', 'swapping'].map((name) =>
      join(root, 'bench', `${name}.ts`),
    ),
    outdir: output,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error',
  });
}

try {
  await build();
  await step('bundling the bench', bundleBench);
  await run(process.execPath, ['--enable-source-maps', join(output, 'main.js'), ...process.argv.slice(2)], { show: true });
} catch (error) {
  if (error.exitCode === undefined) console.error(`\n${error.message}`);
  process.exitCode = error.exitCode ?? 1;
}
