import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../support/find-program.js';

const promtool = findProgram('promtool');
if (promtool === undefined) console.warn('\n  ⚠ docs/alerts.yml was NOT given to Prometheus: no promtool is on the PATH.\n');

it.runIf(process.env.FRAMEGATE_FORBID_SKIPS === '1')('finds promtool', () => {
  expect(promtool, 'put promtool (Debian: prometheus) on the PATH, or unset FRAMEGATE_FORBID_SKIPS').toBeDefined();
});

describe.skipIf(promtool === undefined)('docs/alerts.yml', () => {
  const run = (...parameters: string[]) =>
    promisify(execFile)(promtool ?? '', parameters, { cwd: fileURLToPath(new URL('../..', import.meta.url)) });

  it('is what Prometheus takes', async () => {
    expect((await run('check', 'rules', 'docs/alerts.yml')).stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('fires when it should, and not before', async () => {
    expect((await run('test', 'rules', 'test/docs/alerts.test.yml')).stdout).toContain('SUCCESS');
  });
});
