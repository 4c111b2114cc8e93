import type { Hook } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binary, connectionContext, NOW, spell, text } from '../../../test/support/plugin-calls.js';
import type { Frame } from '../frame.js';
import { StateMemoryStore } from '../state/state-memory.js';
import { type Fault, PASS, type Verdict } from '../verdict.js';
import { Pipeline, type PipelineResult } from './pipeline.js';
import { MAX_FRAMES_PER_INPUT, type PipelineStep } from './pipeline-run.js';
import type { PluginCall, PluginPolicy } from './plugin.js';

type Answer = Verdict | Fault | Promise<Verdict | Fault>;
type Hooks = Partial<Record<Hook, (frame: string | number[], call: PluginCall) => Answer>>;

const connection = connectionContext();
const pass = () => PASS;
const say = (rest: Omit<Verdict, 'kind'>): Verdict => ({ kind: 'verdict', ...rest });
const fault = (code: Fault['code'] = 'PLUGIN_TRAP', message = 'broken'): Fault => ({ kind: 'fault', code, message });

function step(name: string, hooks: Hooks, policy: Partial<PluginPolicy> = {}): PipelineStep {
  return {
    policy: { onFault: 'closed', rejectStrategy: 'drop', ...policy },
    plugin: {
      name,
      hooks: new Set(Object.keys(hooks) as Hook[]),
      run: (call) => hooks[call.hook]?.(spell(call.frame), call) ?? PASS,
      dispose() {},
    },
  };
}

/** Appends its name, on both ways. */
function stamp(name: string): PipelineStep {
  const mark = (frame: string | number[]) => say({ forward: [text(`${frame}>${name}`)] });
  return step(name, { on_request_message: mark, on_response_message: mark });
}

function run(steps: PipelineStep[], frame: Frame, hook: Hook = 'on_request_message', store = new StateMemoryStore()): PipelineResult {
  const result = new Pipeline(steps, store).run(hook, frame, connection, NOW);
  if (result instanceof Promise) throw new Error('the pipeline was not synchronous');
  return result;
}

const spelled = ({ outcome }: PipelineResult) => ({ forward: outcome.forward.map(spell), reply: outcome.reply.map(spell) });

function writing<T extends Verdict | Fault>(call: PluginCall, key: string, answer: T): T {
  call.state.set({ plugin: 'p', scope: 'plugin', owner: '', key }, Uint8Array.of(1), 0, 1000);
  return answer;
}

const written = ({ writes }: PipelineResult) => writes.map(({ key }) => key.key);

describe('Pipeline', () => {
  it('hands on the very frame that passed', () => {
    const frame = text('x');
    const { outcome, writes } = run([step('a', { on_request_message: pass }), step('b', { on_response_message: () => fault() })], frame);
    expect(outcome.forward[0]).toBe(frame);
    expect(outcome).toEqual({ forward: [frame], reply: [], notes: [] });
    expect(writes).toEqual([]);
  });

  it('runs request hooks in order and response hooks in reverse', () => {
    expect(spelled(run([stamp('a'), stamp('b'), stamp('c')], text('x'))).forward).toEqual(['x>a>b>c']);
    expect(spelled(run([stamp('a'), stamp('b'), stamp('c')], text('x'), 'on_response_message')).forward).toEqual(['x>c>b>a']);
  });

  it('sends each frame of an expansion through the plugins that follow', () => {
    const split = step('split', { on_request_message: (frame) => say({ forward: [...String(frame)].map(text) }) });
    const dropB = step('drop-b', { on_request_message: (frame) => (frame === 'b' ? say({ forward: [] }) : PASS) });
    const result = run([split, dropB, stamp('z')], text('abc'));
    expect(spelled(result)).toEqual({ forward: ['a>z', 'c>z'], reply: [] });
    expect(result.outcome.notes.map(({ plugin, kind }) => `${plugin} ${kind}`)).toEqual([
      'split replace',
      'z replace',
      'drop-b drop',
      'z replace',
    ]);
  });

  it('takes a reply back through the response hooks of the plugins that its frame has passed', () => {
    const moderator = step('moderator', { on_request_message: () => say({ forward: [], reply: [text('no')], reason: 'spam' }) });
    const result = run([stamp('a'), stamp('b'), moderator, stamp('c')], text('x'));
    expect(spelled(result)).toEqual({ forward: [], reply: ['no>b>a'] });
    expect(result.outcome.notes.at(2)).toEqual({ plugin: 'moderator', kind: 'drop', reason: 'spam' });
  });

  it('takes a reply to a response through the request hooks behind it, towards the backend', () => {
    const asks = step('asks', { on_response_message: () => say({ reply: [text('ack')] }) });
    expect(spelled(run([stamp('a'), asks, stamp('b'), stamp('c')], text('x'), 'on_response_message'))).toEqual({
      forward: ['x>c>b>a'],
      reply: ['ack>b>c'],
    });
  });

  it('turns a rejection into a drop or a close, as the policy says', () => {
    const rejects = { on_request_message: () => say({ forward: [], reject: { code: 1009, reason: 'too long' } }) };
    const dropped = run([step('r', rejects), stamp('z')], text('x'));
    expect(dropped.outcome).toEqual({ forward: [], reply: [], notes: [{ plugin: 'r', kind: 'reject', reason: 'too long' }] });
    const closed = run([step('r', rejects, { rejectStrategy: 'close' }), stamp('z')], text('x'));
    expect(closed.outcome.close).toEqual({ code: 1009, reason: 'too long' });
    expect(closed.outcome.forward).toEqual([]);
  });

  it('ends the chain at a close; what was forwarded before goes out, its own frames and replies too', () => {
    const split = step('split', {
      on_request_message: (frame) => (String(frame).length > 1 ? say({ forward: [...String(frame)].map(text) }) : PASS),
    });
    const closes = step('closes', {
      on_request_message: (frame) =>
        frame === 'b' ? say({ forward: [text('B')], reply: [text('bye')], close: { code: 4000, reason: 'done' } }) : PASS,
    });
    const result = run([split, closes, stamp('z')], text('abc'));
    expect(spelled(result)).toEqual({ forward: ['a>z', 'B>z'], reply: ['bye'] });
    expect(result.outcome.close).toEqual({ code: 4000, reason: 'done' });
  });

  it("lets a frame pass a plugin that failed open, without that plugin's writes", () => {
    const good = step('good', { on_request_message: (_, call) => writing(call, 'good', PASS) });
    const bad = step('bad', { on_request_message: (_, call) => writing(call, 'bad', fault()) }, { onFault: 'open' });
    const result = run([good, bad, stamp('z')], text('x'));
    expect(spelled(result).forward).toEqual(['x>z']);
    expect(result.outcome.failed).toBeUndefined();
    expect(result.outcome.notes[0]).toEqual({ plugin: 'bad', kind: 'fault', reason: 'broken', fault: 'PLUGIN_TRAP' });
    expect(written(result)).toEqual(['good']);
  });

  it('drops a frame at a plugin that failed closed, and keeps what earlier plugins wrote', () => {
    const good = step('good', { on_request_message: (_, call) => writing(call, 'good', PASS) });
    const bad = step('bad', { on_request_message: (_, call) => writing(call, 'bad', fault('PLUGIN_ERROR')) });
    const result = run([good, bad, stamp('z')], text('x'));
    expect(result.outcome.forward).toEqual([]);
    expect(result.outcome.failed).toEqual({ plugin: 'bad', fault: 'PLUGIN_ERROR' });
    expect(written(result)).toEqual(['good']);
  });

  it('stops plugins that answer each other for ever', () => {
    const answer = () => say({ forward: [], reply: [text('again')] });
    const result = run([step('a', { on_response_message: answer }), step('b', { on_request_message: answer })], text('x'));
    expect(result.outcome.failed?.fault).toBe('PLUGIN_LOOP');
    expect(result.outcome.forward).toEqual([]);
  });

  it('stops a frame that becomes too many', () => {
    const burst = (name: string) =>
      step(name, { on_request_message: () => say({ forward: Array.from({ length: 100 }, () => text('x')) }) });
    const result = run([burst('a'), burst('b'), burst('c')], text('x'));
    expect(result.outcome.failed).toEqual({ plugin: 'c', fault: 'PLUGIN_LOOP' });
    expect(result.outcome.notes.filter(({ kind }) => kind === 'replace').length * 100).toBeLessThanOrEqual(MAX_FRAMES_PER_INPUT);
  });

  it('stops a frame that becomes too large', () => {
    const large = new Uint8Array(1_048_576);
    const swell = (name: string) =>
      step(name, { on_request_message: () => say({ forward: Array.from({ length: 16 }, () => ({ kind: 'binary', payload: large })) }) });
    const result = run([swell('a'), swell('b'), swell('c')], text('x'));
    expect(result.outcome.failed?.fault).toBe('PLUGIN_LOOP');
    expect(result.outcome.forward.length).toBeLessThan(80);
    expect(result.outcome.notes.some(({ reason }) => reason?.includes('at most 67108864'))).toBe(true);
  });

  it('keeps little of what is said of a frame', () => {
    const says = step('a', { on_request_message: () => say({ forward: [], reason: 'x'.repeat(1_000_000) }) });
    const fails = step('b', { on_request_message: () => fault('PLUGIN_ERROR', 'x'.repeat(1_000_000)) });
    expect(run([says], text('x')).outcome.notes[0]?.reason).toHaveLength(1_025);
    expect(run([fails], text('x')).outcome.notes[0]?.reason).toHaveLength(16_385);
  });

  describe('on_connect', () => {
    it('asks every plugin, forwards nothing by itself, and takes what they send through the others', () => {
      const asked: string[] = [];
      const greets = (name: string) =>
        step(name, {
          on_connect: () => {
            asked.push(name);
            return say({ forward: [text(`hello from ${name}`)], reply: [text(`welcome from ${name}`)] });
          },
        });
      const result = run([stamp('a'), greets('g'), step('quiet', { on_connect: pass }), greets('h'), stamp('z')], text(''), 'on_connect');
      expect(asked).toEqual(['g', 'h']);
      expect(spelled(result)).toEqual({
        forward: ['hello from g>z', 'hello from h>z'],
        reply: ['welcome from g>a', 'welcome from h>a'],
      });
    });

    it('refuses a connection for a close, a rejection, or a plugin that failed closed; later plugins are not asked', () => {
      const later = step('later', { on_connect: () => say({ reply: [text('never')] }) });
      const close = run(
        [step('c', { on_connect: () => say({ close: { code: 4001, reason: 'no' } }) }), later],
        text(''),
        'on_connect',
      ).outcome;
      expect(close).toMatchObject({ close: { code: 4001 }, reply: [] });
      const reject = run(
        [step('r', { on_connect: () => say({ forward: [], reject: { code: 1008, reason: 'no' } }) }), later],
        text(''),
        'on_connect',
      ).outcome;
      expect(reject).toMatchObject({ close: { code: 1008 }, reply: [] });
      const failed = run([step('f', { on_connect: () => fault() }), later], text(''), 'on_connect').outcome;
      expect(failed).toMatchObject({ failed: { plugin: 'f' }, reply: [] });
    });

    it('is nothing where no plugin has the hook', () => {
      expect(run([stamp('a')], text(''), 'on_connect').outcome).toEqual({ forward: [], reply: [], notes: [] });
    });
  });

  it('ignores the verdicts of on_disconnect, and keeps its writes but those of a plugin that failed', () => {
    const leaves = step('l', {
      on_disconnect: (_, call) => writing(call, 'left', say({ close: { code: 1000, reason: '' }, reply: [text('x')] })),
    });
    const fails = step('f', { on_disconnect: (_, call) => writing(call, 'failed', fault()) });
    const last = step('z', { on_disconnect: (_, call) => writing(call, 'last', PASS) });
    const result = run([leaves, fails, last], text(''), 'on_disconnect');
    expect(result.outcome).toMatchObject({ forward: [], reply: [] });
    expect(result.outcome.close).toBeUndefined();
    expect(result.outcome.failed).toBeUndefined();
    expect(written(result)).toEqual(['left', 'last']);
  });

  it('gives the same outcome through plugins that answer later', async () => {
    const later = (answer: () => Verdict | Fault) => async () => answer();
    const split = step('split', { on_request_message: async (frame) => say({ forward: [...String(frame)].map(text) }) });
    const odd = step('odd', { on_request_message: (frame) => (frame === 'b' ? later(() => fault())() : PASS) }, { onFault: 'open' });
    const result = await new Pipeline([split, odd, stamp('z')], new StateMemoryStore()).run(
      'on_request_message',
      text('abc'),
      connection,
      NOW,
    );
    expect(spelled(result).forward).toEqual(['a>z', 'b>z', 'c>z']);
  });

  it('keeps the order of expanded frames, whatever plugins do to them', () => {
    // each frame is a path of numbers; an expansion appends to it, so in order means sorted
    type Rule = { readonly width: number; readonly dropEvery: number; readonly asynchronous: boolean };
    const rule = fc.record({
      width: fc.integer({ min: 1, max: 4 }),
      dropEvery: fc.integer({ min: 2, max: 5 }),
      asynchronous: fc.boolean(),
    });
    const plugin = ({ width, dropEvery, asynchronous }: Rule, index: number): PipelineStep => {
      const act = (frame: string | number[]) => {
        const path = frame as number[];
        if (path.reduce((sum, part) => sum + part, 0) % dropEvery === dropEvery - 1) return say({ forward: [] });
        return width === 1 ? PASS : say({ forward: Array.from({ length: width }, (_, part) => binary(...path, part)) });
      };
      const hook = (frame: string | number[]) => (asynchronous ? Promise.resolve(act(frame)) : act(frame));
      return step(`p${index}`, { on_request_message: hook, on_response_message: hook });
    };
    return fc.assert(
      fc.asyncProperty(
        fc.array(rule, { maxLength: 4 }),
        fc.constantFrom<Hook>('on_request_message', 'on_response_message'),
        async (rules, hook) => {
          const steps = rules.map(plugin);
          const { outcome } = await new Pipeline(steps, new StateMemoryStore()).run(hook, binary(0), connection, NOW);
          const order = hook === 'on_request_message' ? rules : [...rules].reverse();
          let expected: number[][] = [[0]];
          for (const { width, dropEvery } of order) {
            expected = expected
              .filter((path) => path.reduce((sum, part) => sum + part, 0) % dropEvery !== dropEvery - 1)
              .flatMap((path) => (width === 1 ? [path] : Array.from({ length: width }, (_, part) => [...path, part])));
          }
          expect(outcome.forward.map(spell)).toEqual(expected);
        },
      ),
      { verbose: 1 },
    );
  });
});
