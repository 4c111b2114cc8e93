// `npm test`: installs and builds what is missing, then runs every test. Arguments go to vitest: npm test -- test/integration
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { run } from './steps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
try {
  await build();
  await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], { cwd: root, show: true });
} catch (error) {
  if (error.exitCode === undefined) console.error(`\n${error.message}`);
  process.exitCode = error.exitCode ?? 1;
}
