import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { npm, run, step } from './steps.mjs';

const LEAST = [20, 19];

/** Refuses an old Node, then installs the dependencies if there are none or the lockfile is newer than they are. */
export async function ensureInstalled(root) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
    throw new Error(`framegate needs Node ${LEAST.join('.')} or newer; this is ${process.versions.node}.`);
  }
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  await step('installing dependencies', () => run(npm, ['ci', '--no-audit', '--no-fund'], { cwd: root }));
}
