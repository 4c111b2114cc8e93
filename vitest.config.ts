import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{sdk,host,web,web/dashboard}/src/**/*.test.{ts,tsx}', 'plugins/*/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    globalSetup: ['./test/support/build-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
