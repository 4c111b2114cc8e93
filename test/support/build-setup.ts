import { build } from '../../scripts/build.mjs';

/** Worker threads and plugins run compiled: build what is stale before the first test. */
export async function setup(): Promise<void> {
  await build({ install: false });
}
