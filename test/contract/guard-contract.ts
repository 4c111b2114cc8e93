import type { HookGuard, JsonObject, TextGuard } from '@framegate/sdk/abi';
import { afterEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../host/src/frame.js';
import type { Verdict } from '../../host/src/verdict.js';
import { binary, connectionContext, NOW, PluginCaller, text } from '../support/plugin-calls.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';
import type { Instantiate } from './plugin-runtime-contract.js';

const manifest = manifestOf(['on_request_message', 'on_response_message'], { capabilities: { state: ['plugin', 'room'], http: [] } });
const content = (rest: Partial<TextGuard> = {}): TextGuard => ({ field: 'content', raw: true, ...rest });
const message = (value: string) => text(JSON.stringify({ name: 'ada', content: value }));

/** What guards must do in every runtime: the guest is called for whatever they don't rule out, and for nothing that they do. */
export function guardContract(name: string, instantiate: Instantiate): void {
  describe(`${name}: guards`, () => {
    const callers: PluginCaller[] = [];

    async function open(config: unknown, rest: Parameters<typeof guestSpec>[1] = {}): Promise<PluginCaller> {
      const spec = guestSpec('guarded', { manifest, config: config as JsonObject, ...rest });
      const caller = new PluginCaller(await instantiate(spec, { log() {} }));
      callers.push(caller);
      return caller;
    }

    const guarded = (guard: HookGuard) => open({ on_request_message: guard });

    /** Whether the guest is called for each of them, in this order. */
    async function calledFor(caller: PluginCaller, frames: readonly Frame[]): Promise<boolean[]> {
      const called: boolean[] = [];
      for (const frame of frames) called.push(((await caller.call(frame)) as Verdict).forward !== undefined);
      return called;
    }

    afterEach(async () => {
      for (const { plugin } of callers.splice(0)) await plugin.dispose();
    });

    it('rules nothing out without one, and everything with "never", hook by hook', async () => {
      const caller = await open({ on_response_message: { never: true } });
      expect(await calledFor(caller, [text('a'), binary(1)])).toEqual([true, true]);
      expect(await caller.call(text('x'.repeat(200_000)), 'on_response_message')).toEqual({ kind: 'verdict' });
    });

    it('calls the guest for every frame where guards are off', async () => {
      const caller = await open({ on_request_message: { never: true } }, { guards: false });
      expect(await calledFor(caller, [text('a')])).toEqual([true]);
    });

    it('goes by the bytes of a frame', async () => {
      const caller = await guarded({ smallBytes: 3 });
      expect(await calledFor(caller, [text('abc'), text('abcd'), text('äb'), text('äbc'), binary(1, 2, 3)])).toEqual([
        false,
        true,
        false,
        true,
        false,
      ]);
    });

    it('leaves frames above maxBytes to the guest, and those above 64 KiB in any case', async () => {
      const long = binary(...new Uint8Array(65_537));
      expect(await calledFor(await guarded({ binary: true, maxBytes: 2 }), [binary(1, 2), binary(1, 2, 3)])).toEqual([false, true]);
      expect(await calledFor(await guarded({ binary: true }), [{ ...long, payload: long.payload.subarray(1) }, long])).toEqual([
        false,
        true,
      ]);
    });

    it('goes by the bytes of the text in a frame, and passes frames without one', async () => {
      const caller = await guarded({ text: content({ maxBytes: 4 }) });
      expect(await calledFor(caller, [message('1234'), message('12345'), text('1234'), text('12345'), text('{"type":"who"}')])).toEqual([
        false,
        true,
        false,
        true,
        false,
      ]);
      expect(await calledFor(caller, [binary(1), text('{"type":"message"}'), text('{"content":"1","content":"2"}'), text('{')])).toEqual([
        true,
        true,
        true,
        true,
      ]);
      const fields = await guarded({ text: { field: 'body', raw: false } });
      expect(await calledFor(fields, [text('hello'), message('x'), text('{"body":"x"}'), text('["x"]')])).toEqual([
        false,
        false,
        false,
        true,
      ]);
    });

    it('looks for words in any spelling', async () => {
      const caller = await guarded({ text: content({ words: ['bad', 'droll dead'] }) });
      const clean = ['good day', 'badge', 'forbad', 'a b c d', 'the roll of the dead', 'is it 5 or 6?', 'say "hi"\nto me'];
      const dirty = ['bad', 'BAAAD!', 'b@d', 'b.a-d', 'bads', 'x8ad', 'd r o l l  dead', '"bad"', 'é', 'b\u0001ad'];
      expect(await calledFor(caller, clean.map(message))).toEqual(clean.map(() => false));
      expect(await calledFor(caller, dirty.map(message))).toEqual(dirty.map(() => true));
    });

    it('enters a text that is new, and leaves one that is not to the guest', async () => {
      const firstSight = { scope: 'room', key: 'seen:', slots: 1, ttlMs: 100, minLength: 2 } as const;
      const caller = await guarded({ text: content({ firstSight }) });
      caller.connection = connectionContext({ room: 'tea' });
      expect(await calledFor(caller, [message('Hello World'), text('hello\n world'), message('hello'), message('hello')])).toEqual([
        false,
        true,
        false,
        true,
      ]);
      const key = { plugin: 'guarded', scope: 'room', owner: 'tea', key: 'seen:0' } as const;
      const entry = caller.store.get(key, NOW);
      expect(entry?.expiresAt).toBe(NOW + 100);
      expect(Buffer.from(entry?.value ?? []).readDoubleLE(8)).toBe(NOW);
      expect(await calledFor(caller, [message('x'), message('x'), message('ü'), text('{"type":"who"}')])).toEqual([
        false,
        false,
        true,
        false,
      ]);
      caller.connection = connectionContext({ room: 'coffee' });
      expect(await calledFor(caller, [message('hello')])).toEqual([false]);
      caller.now += 100;
      expect(await calledFor(caller, [message('hello')])).toEqual([false]);
      caller.store.apply([{ kind: 'set', key: { ...key, owner: 'coffee' }, value: new Uint8Array(17), expiresAt: 0 }], NOW);
      expect(await calledFor(caller, [message('other')])).toEqual([true]);
    });

    it('leaves a new text to the guest when there is no room for it in the state', async () => {
      const firstSight = { scope: 'plugin', key: '', slots: 9, ttlMs: 100, minLength: 0 } as const;
      const caller = await open({ on_request_message: { text: content({ firstSight }) } }, { limits: { stateBytes: 16 } });
      expect(await calledFor(caller, [message('hello')])).toEqual([true]);
    });

    it('rules nothing out by a guard with something in it that it does not know', async () => {
      for (const guard of [{ never: true, soon: 1 }, { text: { ...content(), mood: 'good' } }]) {
        expect(await calledFor(await open({ on_request_message: guard }), [text('')])).toEqual([true]);
      }
    });

    it('rules nothing out by more words than it has room for', async () => {
      const words = Array.from({ length: 1025 }, (_, index) => String(index).padStart(64, 'x'));
      expect(await calledFor(await guarded({ text: content({ words }) }), [text('hello')])).toEqual([true]);
      expect(await calledFor(await guarded({ text: content({ words: words.slice(2) }) }), [text('hello')])).toEqual([false]);
    });

    it.each([
      [{ on_connect: {} }, '"on_connect" is none of'],
      [{ on_request_message: 7 }, 'on_request_message: it is not an object'],
      [{ on_request_message: { smallBytes: '7' } }, 'on_request_message: smallBytes is "7"'],
      [{ on_request_message: { text: { raw: true } } }, 'on_request_message: text: field is missing'],
      [{ on_request_message: { text: { ...content(), words: [7] } } }, 'text: words is [7]'],
      [
        { on_request_message: { text: content({ firstSight: { scope: 'user' as 'room', key: '', slots: 1, ttlMs: 1, minLength: 1 } }) } },
        'firstSight: scope is "user"',
      ],
    ])('refuses a plugin whose description is no good: %j', async (config, why) => {
      await expect(open(config)).rejects.toThrow(why);
    });

    it('refuses state that the manifest does not ask for', async () => {
      const firstSight = { scope: 'room', key: '', slots: 1, ttlMs: 1, minLength: 1 } as const;
      const modest = manifestOf(['on_request_message', 'on_response_message']);
      await expect(open({ on_request_message: { text: content({ firstSight }) } }, { manifest: modest })).rejects.toThrow(
        'the state scope "room" is not in the manifest',
      );
    });
  });
}
