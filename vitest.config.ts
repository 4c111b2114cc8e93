import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{sdk,host,web,web/dashboard}/src/**/*.test.{ts,tsx}', 'plugins/*/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    globalSetup: ['./test/support/build-setup.ts'],
    // Tests wait for events. A busy machine of two cores is what this must not fail on; most take milliseconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
