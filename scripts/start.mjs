// `npm start`: installs and builds what is missing, then runs the host. Arguments go to the host: npm start -- --port 5000
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { endWithNpm } from './end-with-npm.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const parent = process.ppid;
try {
  const { build } = await import('./build.mjs');
  await build();
  // its service would idle beside the host for ever
  await (await import('esbuild')).stop();
  await import(pathToFileURL(join(root, 'host/dist/main.js')).href);
  endWithNpm(parent);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
