import { afterAll, describe, expect, it } from 'vitest';
import { instantiatePlugin, type PluginRuntime } from '../../host/src/engine/wasm/instantiate-plugin.js';
import type { Plugin } from '../../host/src/pipeline/plugin.js';
import { binary, connectionContext, NOW, PluginCaller, text } from '../support/plugin-calls.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';
import { describeAnswer, type OtoroshiInputVector, type OtoroshiVector, readVectors, scriptFrame, type V1Vector } from './vectors.js';

const runtimes: PluginRuntime[] = ['direct', 'extism'];
const manifest = manifestOf(['on_request_message']);

describe.each(runtimes)('conformance of the %s runtime', (runtime) => {
  const opened: Plugin[] = [];
  const open = async (spec: Parameters<typeof instantiatePlugin>[0]) => {
    const plugin = await instantiatePlugin(spec, runtime, { log() {} });
    opened.push(plugin);
    return new PluginCaller(plugin);
  };
  afterAll(async () => {
    for (const plugin of opened) await plugin.dispose();
  });

  describe('framegate ABI v1', () => {
    it.each(readVectors<V1Vector>('abi-v1'))('$name', async (vector) => {
      const limits = vector.outputBytes === undefined ? {} : { outputBytes: vector.outputBytes };
      const caller = await open(guestSpec('script', { manifest, limits }));
      expectAnswer(describeAnswer(await caller.call(scriptFrame(vector))), vector.expect);
    });
  });

  describe('Otoroshi ABI', () => {
    it.each(readVectors<OtoroshiVector>('abi-otoroshi'))(
      '$name',
      async ({ output, expect: wanted, outputBytes = 1000, stateBytes = 1000 }) => {
        const caller = await open(guestSpec('otoroshi-config', { config: { output }, limits: { outputBytes, stateBytes } }));
        expectAnswer(describeAnswer(await caller.call(text('in'))), wanted);
        const attrs = caller.store.get({ plugin: 'otoroshi-config', scope: 'connection', owner: 'c-7', key: 'attrs' }, NOW);
        expect(attrs && JSON.parse(Buffer.from(attrs.value).toString())).toEqual(wanted.attrs);
      },
    );

    it.each(readVectors<OtoroshiInputVector>('abi-otoroshi-input'))(
      'gives the guest $name',
      async ({ connection, config, attrs, frame, input }) => {
        const caller = await open(guestSpec('otoroshi-keep-input', { config }));
        caller.connection = connectionContext(connection);
        const owner = { plugin: 'otoroshi-keep-input', owner: 'c-7', scope: 'connection', key: 'attrs' } as const;
        if (attrs) caller.store.apply([{ kind: 'set', key: owner, value: Buffer.from(JSON.stringify(attrs)), expiresAt: 0 }], NOW);
        await caller.call(typeof frame.payload === 'string' ? text(frame.payload) : binary(...frame.payload));
        const kept = caller.store.get({ ...owner, scope: 'plugin', owner: '', key: 'i' }, NOW);
        expect(JSON.parse(Buffer.from(kept?.value ?? []).toString())).toEqual(input);
      },
    );
  });
});

function expectAnswer(answer: ReturnType<typeof describeAnswer>, wanted: V1Vector['expect']): void {
  if (wanted.fault === undefined) expect(answer.verdict).toEqual(wanted.verdict);
  else expect(answer).toEqual({ fault: wanted.fault, message: expect.stringContaining(wanted.message ?? '') });
}
