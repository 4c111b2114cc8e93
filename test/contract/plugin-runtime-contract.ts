import type { LogLevel } from '@framegate/sdk/abi';
import { afterEach, describe, expect, it } from 'vitest';
import type { PluginSpec } from '../../host/src/engine/engine.js';
import type { PluginServices } from '../../host/src/engine/wasm/plugin-services.js';
import type { Plugin } from '../../host/src/pipeline/plugin.js';
import { type Fault, PASS, type Verdict } from '../../host/src/verdict.js';
import { binary, connectionContext, NOW, PluginCaller, spell, text } from '../support/plugin-calls.js';
import { assemble, guestSpec, manifestOf } from '../support/wat-guest.js';

export type Instantiate = (spec: PluginSpec, services: PluginServices) => Promise<Plugin>;

const request = manifestOf(['on_request_message']);
const both = manifestOf(['on_request_message', 'on_response_message']);

/** What every runtime of Wasm plugins must do, whatever it is made of. */
export function pluginRuntimeContract(name: string, instantiate: Instantiate): void {
  describe(`${name}: a runtime of Wasm plugins`, () => {
    const callers: PluginCaller[] = [];
    const log: { level: LogLevel; message: string; connection: string }[] = [];

    async function open(spec: PluginSpec): Promise<PluginCaller> {
      log.length = 0;
      const plugin = await instantiate(spec, { log: (_plugin, level, message, connection) => log.push({ level, message, connection }) });
      const caller = new PluginCaller(plugin);
      callers.push(caller);
      return caller;
    }

    const refusal = (spec: PluginSpec) =>
      open(spec).then(
        () => undefined,
        (error: unknown) => error,
      );

    afterEach(async () => {
      for (const { plugin } of callers.splice(0)) await plugin.dispose();
    });

    describe('framegate ABI v1', () => {
      it('passes a frame on without building anything', async () => {
        const caller = await open(guestSpec('pass', { manifest: request }));
        expect(await caller.call(text('hello'))).toBe(PASS);
      });

      it.each([0, 1, 100, 4096, 4097, 300_000])('echoes a binary frame of %i bytes', async (length) => {
        const caller = await open(guestSpec('echo', { manifest: both }));
        const payload = Uint8Array.from({ length }, (_, index) => index % 251);
        const verdict = (await caller.call({ kind: 'binary', payload })) as Verdict;
        expect(Buffer.compare(verdict.forward?.[0]?.payload ?? Buffer.alloc(1), payload)).toBe(0);
        expect(verdict.forward?.[0]?.kind).toBe('binary');
      });

      it('copies what it hands out, so that the next call does not change it', async () => {
        const caller = await open(guestSpec('upper-case', { manifest: request }));
        const first = (await caller.call(text('first'))) as Verdict;
        await caller.call(text('other'));
        expect(first.forward?.map(spell)).toEqual(['FIRST']);
      });

      it('does not change the frame that was put in', async () => {
        const caller = await open(guestSpec('upper-case', { manifest: request }));
        const frame = text('quiet');
        await caller.call(frame);
        expect(spell(frame)).toBe('quiet');
      });

      it('takes a large frame that comes out as it went in for the frame itself, and no other', async () => {
        const echo = await open(guestSpec('echo', { manifest: both }));
        const large = binary(...new Uint8Array(3_000).fill(7));
        expect(((await echo.call(large)) as Verdict).forward?.[0]).toBe(large);
        const upper = await open(guestSpec('upper-case', { manifest: request }));
        const verdict = (await upper.call(text('a'.repeat(3_000)))) as Verdict;
        expect(verdict.forward?.map(spell)).toEqual(['A'.repeat(3_000)]);
      });

      it('passes a frame for a hook that the plugin does not have', async () => {
        const caller = await open(guestSpec('upper-case', { manifest: request }));
        expect(await caller.call(text('x'), 'on_response_message')).toBe(PASS);
      });

      it('finds memory again after the guest has grown it', async () => {
        const caller = await open(guestSpec('grow-and-echo', { manifest: request }));
        for (let index = 0; index < 40; index++) {
          const verdict = (await caller.call(text(`frame ${index}`))) as Verdict;
          expect(verdict.forward?.map(spell)).toEqual([`frame ${index}`]);
        }
      });

      it('gives state functions their results and statuses', async () => {
        const caller = await open(guestSpec('state-walk', { manifest: request }));
        const verdict = (await caller.call(text(''))) as Verdict;
        const bytes = Buffer.from(verdict.forward?.[0]?.payload ?? []);
        const numbers = [0, 4, 8, 12, 16, 20, 24, 28].map((offset) => bytes.readInt32LE(offset));
        expect(numbers).toEqual([-1, 0, 5, 250, 1, 0, -3, -4]);
        expect(bytes.toString('utf8', 32)).toBe('value');
      });

      it('commits state with the verdict and forgets that of a faulted call', async () => {
        const manifest = manifestOf(['on_request_message'], { capabilities: { state: ['connection'], http: [] } });
        const caller = await open(guestSpec('counter', { manifest }));
        const count = async () => ((await caller.call(text('x'))) as Verdict).reply?.map(spell);
        expect(await count()).toEqual(['1']);
        expect(await count()).toEqual(['2']);
        expect(((await caller.call(binary(1))) as Fault).code).toBe('PLUGIN_TRAP');
        expect(await count()).toEqual(['3']);
        caller.connection = connectionContext({ handle: 8, id: 'c-8' });
        expect(await count()).toEqual(['1']);
      });

      it('tells the guest its connection, its config and the time of the call', async () => {
        const caller = await open(guestSpec('host-calls', { manifest: request, config: { max: 3, word: 'ü' } }));
        const ask = async (what: string) => Buffer.from(((await caller.call(text(what))) as Verdict).forward?.[0]?.payload ?? []);
        const { handle: _handle, version: _version, ...visible } = connectionContext();
        expect(JSON.parse((await ask('c')).toString())).toEqual(visible);
        caller.connection = connectionContext({ version: 2, room: 'a', user: { id: 'u', name: 'Ann' } });
        expect(JSON.parse((await ask('c')).toString())).toEqual({ ...visible, room: 'a', user: { id: 'u', name: 'Ann' } });
        expect(JSON.parse((await ask('f')).toString())).toEqual({ max: 3, word: 'ü' });
        expect((await ask('n')).readDoubleLE()).toBe(NOW);
      });

      it('lets a v1 guest use Extism variables', async () => {
        const caller = await open(guestSpec('host-calls', { manifest: request }));
        expect(((await caller.call(text('v'))) as Verdict).forward?.map(spell)).toEqual([[33]]);
        expect(caller.store.get({ plugin: 'host-calls', scope: 'plugin', owner: '', key: 'k' }, NOW)?.value).toEqual(Uint8Array.of(33));
      });

      it('bounds the log lines of one call and says that it did', async () => {
        const caller = await open(guestSpec('host-calls', { manifest: request }));
        await caller.call(text('l'));
        expect(log).toHaveLength(33);
        expect(log[0]).toEqual({ level: 'warn', message: 'a line', connection: 'c-7' });
        expect(log[32]?.message).toMatch(/more than 32 lines/);
        await caller.call(text('l'));
        expect(log).toHaveLength(66);
      });

      it('traps a guest that gives a host function an address outside its memory', async () => {
        const caller = await open(guestSpec('host-calls', { manifest: request }));
        const fault = (await caller.call(text('x'))) as Fault;
        expect(fault).toMatchObject({ kind: 'fault', code: 'PLUGIN_TRAP' });
        expect(fault.message).toContain('log: 16 bytes at 4294967288 lie outside');
      });

      it('throws an instance away after a fault and starts a fresh one', async () => {
        const caller = await open(guestSpec('remembers', { manifest: request }));
        const seen = async () => ((await caller.call(text('x'))) as Verdict).reply?.map(spell);
        expect([await seen(), await seen()]).toEqual([['1'], ['2']]);
        expect(((await caller.call(binary(0))) as Fault).code).toBe('PLUGIN_TRAP');
        expect(await seen()).toEqual(['1']);
      });

      it('gives the calls that wait for a fresh instance their answers in order', async () => {
        const caller = await open(guestSpec('remembers', { manifest: request }));
        await caller.call(binary(0));
        const answers = await Promise.all([caller.call(text('a')), caller.call(binary(0)), caller.call(text('b')), caller.call(text('c'))]);
        const told = answers.map((answer) => (answer.kind === 'fault' ? answer.code : answer.reply?.map(spell)));
        expect(told).toEqual([['1'], 'PLUGIN_TRAP', ['1'], ['2']]);
      });

      it('stops memory at its limit and calls that by its name', async () => {
        const caller = await open(guestSpec('grow-forever', { manifest: request, limits: { memoryBytes: 8 * 65_536 } }));
        const fault = (await caller.call(text('x'))) as Fault;
        expect(fault.code).toBe('PLUGIN_OUT_OF_MEMORY');
        expect(fault.message).toContain('limits.memoryBytes is 524288');
      });

      it('calls it out of memory if the guest has no room for a frame', async () => {
        const caller = await open(guestSpec('upper-case', { manifest: request }));
        expect(((await caller.call({ kind: 'binary', payload: new Uint8Array(200_000) })) as Fault).code).toBe('PLUGIN_OUT_OF_MEMORY');
        expect(((await caller.call(text('small'))) as Verdict).forward?.map(spell)).toEqual(['SMALL']);
      });
    });

    describe('Otoroshi ABI', () => {
      it('hands over the envelope that Otoroshi hands over, and takes a message back', async () => {
        const caller = await open(guestSpec('otoroshi-input', { config: { word: 'a"b' } }));
        const verdict = (await caller.call(text('"hé\n"'))) as Verdict;
        expect(verdict.forward?.map(spell)).toEqual(['"hé\n"']);
        const bytes = (await caller.call(binary(0, 128, 255), 'on_response_message')) as Verdict;
        expect(bytes.forward?.map(spell)).toEqual([[0, 128, 255]]);
      });

      it("keeps a connection's attrs, and gives another connection its own", async () => {
        const caller = await open(guestSpec('otoroshi-config', { config: { output: '{"attrs":{"seen":1}}' } }));
        expect(await caller.call(text('x'))).toBe(PASS);
        const at = { plugin: 'otoroshi-config', scope: 'connection', key: 'attrs' } as const;
        expect(Buffer.from(caller.store.get({ ...at, owner: 'c-7' }, NOW)?.value ?? []).toString()).toBe('{"seen":1}');
        expect(caller.store.get({ ...at, owner: 'c-8' }, NOW)).toBeUndefined();
      });

      it('passes a frame on when the guest says nothing', async () => {
        const caller = await open(guestSpec('otoroshi-pass'));
        expect(await caller.call(text('x'))).toBe(PASS);
      });

      it("takes a non-zero return for a fault and tells the guest's message", async () => {
        const caller = await open(guestSpec('otoroshi-config', { config: { fail: 'no such rule' } }));
        expect(await caller.call(text('x'))).toEqual({ kind: 'fault', code: 'PLUGIN_ERROR', message: 'no such rule' });
      });

      it('refuses the network with a message that says so', async () => {
        const caller = await open(guestSpec('otoroshi-http'));
        expect(await caller.call(text('x'))).toMatchObject({
          kind: 'fault',
          code: 'PLUGIN_ERROR',
          message: expect.stringContaining('http_request'),
        });
      });

      it('takes as much of an output as the guest says, not the whole block', async () => {
        const caller = await open(guestSpec('otoroshi-shapes', { config: { do: 's' } }));
        expect(((await caller.call(text('x'))) as Verdict).forward?.map(spell)).toEqual(['7']);
      });

      it('keeps variables when an instance is thrown away, and nothing of its globals', async () => {
        const caller = await open(guestSpec('otoroshi-shapes', { config: { do: 'v' } }));
        const count = async () => ((await caller.call(text('x'))) as Verdict).forward?.map(spell);
        expect(await count()).toEqual(['1']);
        expect(((await caller.call(text('x'), 'on_response_message')) as Fault).code).toBe('PLUGIN_TRAP');
        expect(await count()).toEqual(['2']);
        const globals = await open(guestSpec('otoroshi-shapes', { config: { do: 'g' } }));
        expect(((await globals.call(text('x'), 'on_response_message')) as Fault).code).toBe('PLUGIN_TRAP');
        expect(((await globals.call(text('x'))) as Verdict).forward?.map(spell)).toEqual(['0']);
      });

      it('takes the next call after one in which a host function failed', async () => {
        const caller = await open(guestSpec('otoroshi-shapes', { config: { do: 'h' } }));
        for (let round = 0; round < 3; round++) expect(((await caller.call(text('x'))) as Fault).code).toBe('PLUGIN_ERROR');
      });

      it('logs at the level that the guest names', async () => {
        const caller = await open(guestSpec('otoroshi-shapes', { config: { do: 'l' } }));
        await caller.call(text('x'));
        expect(log.map(({ level }) => level)).toEqual(['debug', 'debug', 'info', 'warn', 'error']);
      });

      it('answers at once, although the module imports http_request', async () => {
        const caller = await open(guestSpec('otoroshi-shapes', { config: { do: 's' } }));
        expect(caller.call(text('x'))).not.toBeInstanceOf(Promise);
      });

      it('offers a WASI without files, arguments or environment', async () => {
        const caller = await open(guestSpec('wasi-print'));
        expect(await caller.call(text('x'))).toBe(PASS);
      });

      it('survives forty thousand calls', async () => {
        const caller = await open(guestSpec('otoroshi-input'));
        for (let index = 0; index < 40_000; index++) {
          const answer = caller.call(text('x'));
          const verdict = answer instanceof Promise ? await answer : answer;
          if (verdict.kind === 'fault') throw new Error(`call ${index}: ${verdict.message}`);
        }
      });
    });

    describe('at load', () => {
      it('names a start that traps', async () => {
        expect(await refusal(guestSpec('start-trap', { manifest: request }))).toMatchObject({
          code: 'PLUGIN_START_FAILED',
          message: expect.stringContaining('start-trap.wat'),
        });
      });

      it('refuses what is not Wasm', async () => {
        expect(await refusal(guestSpec('nothing', { wasm: new Uint8Array(0) }))).toMatchObject({ code: 'PLUGIN_NOT_WASM' });
        expect(await refusal(guestSpec('nothing', { wasm: new TextEncoder().encode('export {}') }))).toMatchObject({
          code: 'PLUGIN_NOT_WASM',
        });
      });

      it('refuses a module that imports an unknown function', async () => {
        const wasm = assemble('(module (import "env" "abort" (func)) (func (export "on_request_message") (result i32) (i32.const 0)))');
        expect(await refusal(guestSpec('unknown-import', { wasm }))).toMatchObject({
          code: 'PLUGIN_INVALID',
          message: expect.stringContaining('function "abort" from "env"'),
        });
      });
    });
  });
}
