import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What `node --test` takes for a test file by its name, and by the folder that it lies in. */
const TEST_NAME = /(?:^test|^test-.*|[.\-_]test)\.[cm]?[jt]s$/;
const SCRIPT = /\.[cm]?[jt]s$/;
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git']);

/** Whether Node's own runner would find a test in a folder or below it. */
export function hasNodeTests(folder: string, inTestFolder = false): boolean {
  return readdirSync(folder, { withFileTypes: true }).some((entry) =>
    entry.isDirectory()
      ? !SKIPPED.has(entry.name) && hasNodeTests(join(folder, entry.name), inTestFolder || entry.name === 'test')
      : TEST_NAME.test(entry.name) || (inTestFolder && SCRIPT.test(entry.name)),
  );
}
