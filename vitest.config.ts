import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{sdk,host,web,web/dashboard}/src/**/*.test.{ts,tsx}', 'plugins/*/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    globalSetup: ['./test/support/build-setup.ts'],
    // Tests wait for events. A busy machine of two cores is what this must not fail on; most take milliseconds.
    testTimeout: 60_000,
    // Never one alone: on two cores that would be Vitest's choice, and most tests wait for another process or thread.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    hookTimeout: 60_000,
  },
});
