import { STATE_SCOPES, type StateScope } from '@framegate/sdk/abi';
import { afterAll, describe, expect, it } from 'vitest';
import { instantiatePlugin, type PluginRuntime } from '../../host/src/engine/wasm/instantiate-plugin.js';
import type { Plugin } from '../../host/src/pipeline/plugin.js';
import { MigrationState } from '../../host/src/state/migration-state.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import type { StateWrite } from '../../host/src/state/state-store.js';
import { binary, connectionContext, NOW, PluginCaller, text } from '../support/plugin-calls.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';
import {
  describeAnswer,
  type MigrationVector,
  type OtoroshiInputVector,
  type OtoroshiVector,
  readVectors,
  scriptFrame,
  type V1Vector,
} from './vectors.js';

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

  describe('framegate ABI v1, migrations', () => {
    it.each(readVectors<MigrationVector>('abi-v1-migration'))('$name', async ({ from, state: entries, sees, expect: wanted }) => {
      const logged: string[] = [];
      const manifest = manifestOf(['on_request_message'], { capabilities: { state: ['plugin', 'user', 'connection'], http: [] } });
      const plugin = await instantiatePlugin(guestSpec('migrate', { manifest, limits: { deadlineMs: 200 } }), runtime, {
        log: (_name, _level, line) => logged.push(line),
      });
      opened.push(plugin);
      const store = new StateMemoryStore();
      store.apply(entries.map(entryWrite), NOW);
      const state = new MigrationState('migrate', manifest.capabilities.state, store, NOW);
      const fault = await plugin.migrate(from, state);
      expect(logged).toEqual([from, ...sees]);
      expect(spellEntries(store)).toEqual(entries.map(([...entry]) => entry));
      if ('fault' in wanted) {
        expect(fault).toMatchObject({ code: wanted.fault, message: expect.stringContaining(wanted.message) });
        return;
      }
      expect(fault).toBeUndefined();
      store.apply(state.changes(), NOW);
      expect(spellEntries(store)).toEqual(wanted.state);
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

function entryWrite([scope, owner, key, value, ttl]: MigrationVector['state'][number]): StateWrite {
  const name = STATE_SCOPES[scope] as StateScope;
  const expiresAt = ttl === undefined ? 0 : NOW + ttl;
  return { kind: 'set', key: { plugin: 'migrate', scope: name, owner, key }, value: Buffer.from(value), expiresAt };
}

function spellEntries(store: StateMemoryStore): unknown[] {
  return Array.from(store.entries({ plugin: 'migrate' }, NOW), ([{ scope, owner, key }, { value, expiresAt }]) => [
    STATE_SCOPES.indexOf(scope),
    owner,
    key,
    Buffer.from(value).toString(),
    ...(expiresAt === 0 ? [] : [expiresAt - NOW]),
  ]);
}

function expectAnswer(answer: ReturnType<typeof describeAnswer>, wanted: V1Vector['expect']): void {
  if (wanted.fault === undefined) expect(answer.verdict).toEqual(wanted.verdict);
  else expect(answer).toEqual({ fault: wanted.fault, message: expect.stringContaining(wanted.message ?? '') });
}
