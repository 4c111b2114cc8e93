import { describe, expect, it } from 'vitest';
import { guardContract } from '../../../../test/contract/guard-contract.js';
import { pluginRuntimeContract } from '../../../../test/contract/plugin-runtime-contract.js';
import { NOW, PluginCaller, spell, text } from '../../../../test/support/plugin-calls.js';
import { guestSpec } from '../../../../test/support/wat-guest.js';
import type { Verdict } from '../../verdict.js';
import { instantiatePlugin } from './instantiate-plugin.js';

pluginRuntimeContract('direct', (spec, services) => instantiatePlugin(spec, 'direct', services));
pluginRuntimeContract('extism', (spec, services) => instantiatePlugin(spec, 'extism', services));
guardContract('direct', (spec, services) => instantiatePlugin(spec, 'direct', services));
guardContract('extism', (spec, services) => instantiatePlugin(spec, 'extism', services));

describe('the direct runtime', () => {
  it('lets the clock of WASI stand still at the time of the call', async () => {
    const caller = new PluginCaller(await instantiatePlugin(guestSpec('wasi-clock'), 'direct', { log() {} }));
    expect(((await caller.call(text('x'))) as Verdict).forward?.map(spell)).toEqual([String(NOW)]);
    await caller.plugin.dispose();
  });
});
