import { readSections, SECTION, writeSections } from '@framegate/sdk/abi';
import binaryen from 'binaryen';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine, EngineEvent, PluginSpec } from '../../host/src/engine/engine.js';
import { WorkerEngine, type WorkerEngineOptions } from '../../host/src/engine/worker-engine.js';
import { HostError } from '../../host/src/errors.js';
import { puppet } from '../support/guests/engine-guests.js';
import { forwarded, RecordingClient, type Settlement } from '../support/recording-client.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';

const NEVER = Number.MAX_SAFE_INTEGER;
const RUNTIMES = ['direct', 'extism'] as const;

let engine: Engine | undefined;
const events: EngineEvent[] = [];
afterEach(() => engine?.close());

function start(options: WorkerEngineOptions = {}): WorkerEngine {
  events.length = 0;
  const made = new WorkerEngine({ onEvent: (event) => events.push(event), breakerFaults: NEVER, breakerFaultsInARow: NEVER, ...options });
  engine = made;
  return made;
}

/** Assembles with the features that Node 20 runs. */
function assemble(wat: string): Uint8Array {
  const { Features } = binaryen;
  const module = binaryen.parseText(wat);
  try {
    module.setFeatures(
      Features.BulkMemory |
        Features.MutableGlobals |
        Features.SignExt |
        Features.ReferenceTypes |
        Features.TailCall |
        Features.ExceptionHandling,
    );
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

interface Parts {
  /** What `on_request_message` does with a frame that begins with "!"; any other passes. */
  readonly on?: string;
  /** Other things of the module. */
  readonly fields?: string;
  readonly limits?: Partial<PluginSpec['limits']>;
  /** Changes the binary. */
  readonly rewrite?: (wasm: Uint8Array) => Uint8Array;
}

/** An ABI v1 plugin that means harm. */
function hostile({ on = '', fields = '', limits = {}, rewrite = (wasm) => wasm }: Parts): PluginSpec {
  const wasm = rewrite(
    assemble(`(module
      ${fields}
      (memory (export "memory") 8)
      (func (export "framegate_io") (result i32) (i32.const 1024))
      (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
      (func $harm (param i32) (result i32) ${on} (i32.const 0))
      (func (export "on_request_message") (result i32)
        (if (result i32) (i32.eq (i32.load8_u (i32.load (i32.const 1032))) (i32.const 33))
          (then (call $harm (i32.const 0))) (else (i32.const 0)))))`),
  );
  return {
    ...guestSpec('hostile', { wasm, manifest: manifestOf(['on_request_message']), limits }),
    policy: { onFault: 'open', rejectStrategy: 'drop' },
  };
}

const faultsOf = ({ outcome }: Settlement) => outcome.notes.flatMap(({ fault }) => fault ?? []);

/** Each takes for ever, in a way of its own. */
const ENDLESS: Readonly<Record<string, Parts>> = {
  'a loop': { on: '(loop $l (br $l))' },
  'a loop with a condition': { on: '(loop $l (br_if $l (i32.const 1)))' },
  'a loop with a table of branches': { on: '(loop $l (br_table $l $l $l (i32.const 7)))' },
  'a loop inside a loop that ends at once': { on: '(loop $l (loop $m) (br $l))' },
  'a loop left by the block around it': { on: '(loop $l (block $b (br $b)) (br $l))' },
  'a loop that throws and catches': {
    fields: '(tag $t)',
    on: '(loop $l (try (do (throw $t)) (catch $t (br $l))))',
  },
  'a loop that catches whatever is thrown': {
    fields: '(tag $t)',
    on: '(loop $l (try (do (throw $t)) (catch_all (br $l))))',
  },
  'a tail call of itself': { fields: '(func $again (result i32) (return_call $again))', on: '(drop (call $again))' },
  'tail calls of two functions': {
    fields: '(func $a (result i32) (return_call $b)) (func $b (result i32) (return_call $a))',
    on: '(drop (call $a))',
  },
  'an indirect tail call of itself': {
    fields:
      '(type $t (func (result i32))) (table 1 funcref) (elem (i32.const 0) $again) (func $again (result i32) (return_call_indirect (type $t) (i32.const 0)))',
    on: '(drop (call $again))',
  },
  'a call that doubles': {
    fields:
      '(func $twice (param i32) (if (local.get 0) (then (call $twice (i32.sub (local.get 0) (i32.const 1))) (call $twice (i32.sub (local.get 0) (i32.const 1))))))',
    on: '(call $twice (i32.const 60))',
  },
  'an indirect call that doubles': {
    fields:
      '(type $t (func (param i32))) (table 1 funcref) (elem (i32.const 0) $twice) (func $twice (param i32) (if (local.get 0) (then (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)) (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))',
    on: '(call $twice (i32.const 60))',
  },
  'a loop of memory.copy': { on: '(loop $l (memory.copy (i32.const 131072) (i32.const 0) (i32.const 100000)) (br $l))' },
  'a loop of table.fill': {
    fields: '(table $t 60000 funcref)',
    on: '(loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 60000)) (br $l))',
  },
  'a loop of table.grow': { fields: '(table $t 1 funcref)', on: '(loop $l (drop (table.grow $t (ref.null func) (i32.const 1))) (br $l))' },
};

describe.each(RUNTIMES)('guests that never end, %s runtime', (runtime) => {
  it.each(Object.entries(ENDLESS))('%s is stopped by fuel in its own thread', async (_what, parts) => {
    const limits = { deadlineMs: 60_000, fuel: 3_000_000 };
    const client = new RecordingClient(await start({ runtime, workers: 1, standbys: 0 }).open([hostile({ ...parts, limits })]));
    expect(faultsOf(await client.ask('!'))).toEqual(['PLUGIN_FUEL']);
    expect(forwarded(await client.ask('next'))).toEqual(['next']);
    expect(events.filter(({ kind }) => kind !== 'worker-started' && kind !== 'plugin-log')).toEqual([]);
  });

  it('each of them is killed by the watchdog where there is no fuel', async () => {
    const running = start({ runtime, workers: 1, standbys: 1 });
    for (const [what, parts] of Object.entries(ENDLESS)) {
      const client = new RecordingClient(await running.open([hostile({ ...parts, limits: { deadlineMs: 250, fuel: 0 } })]));
      expect(faultsOf(await client.ask('!')), what).toEqual(['PLUGIN_DEADLINE']);
      expect(forwarded(await client.ask('next')), what).toEqual(['next']);
    }
    expect(events.filter(({ kind }) => kind === 'worker-killed')).toHaveLength(Object.keys(ENDLESS).length);
    // every one of their threads is gone: what survives its kill goes on computing
    const before = process.cpuUsage();
    await running.close();
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
  });
});

const DEEP: Readonly<Record<string, Parts>> = {
  'by calls': {
    fields: '(func $deeper (param i32) (result i32) (call $deeper (i32.add (local.get 0) (i32.const 1))))',
    on: '(drop (call $deeper (i32.const 0)))',
  },
  'by indirect calls': {
    fields:
      '(type $t (func (result i32))) (table 1 funcref) (elem (i32.const 0) $deeper) (func $deeper (result i32) (i32.add (call_indirect (type $t) (i32.const 0)) (i32.const 1)))',
    on: '(drop (call $deeper))',
  },
  'with thousands of locals a call': {
    fields: `(func $deeper (result i32) (local ${'i64 '.repeat(5_000)}) (i32.add (call $deeper) (i32.wrap_i64 (local.get 4999))))`,
    on: '(drop (call $deeper))',
  },
};

describe.each(RUNTIMES)('guests that call themselves without end, %s runtime', (runtime) => {
  it.each(Object.entries(DEEP))('%s: the stack that is full is that frame’s trap', async (_what, parts) => {
    const running = start({ runtime, workers: 1, standbys: 0 });
    for (const fuel of [0, 2_000_000_000]) {
      const client = new RecordingClient(await running.open([hostile({ ...parts, limits: { deadlineMs: 60_000, fuel } })]));
      for (let round = 0; round < 3; round++) {
        expect(faultsOf(await client.ask('!'))).toEqual(['PLUGIN_TRAP']);
        expect(forwarded(await client.ask('next'))).toEqual(['next']);
      }
    }
    expect(events.filter(({ kind }) => kind === 'worker-died' || kind === 'worker-killed')).toEqual([]);
  });
});

/** A custom section of so many bytes in front of everything. */
const padded = (bytes: number) => (wasm: Uint8Array) => {
  const data = new Uint8Array(bytes);
  data.set([4, 0x6a, 0x75, 0x6e, 0x6b]);
  return writeSections([{ id: SECTION.custom, data }, ...readSections(wasm)]);
};

describe('modules that are hard to load', () => {
  const functions = (count: number) =>
    Array.from({ length: count }, (_, index) => `(func $f${index} (call $f${(index + 1) % count}))`).join('');

  it.each<[string, Parts]>([
    ['a hundred megabytes that nobody reads', { rewrite: padded(100_000_000) }],
    ['twenty thousand functions that call each other', { fields: functions(20_000) }],
    [
      'twenty thousand globals',
      { fields: Array.from({ length: 20_000 }, (_, index) => `(global $g${index} (mut i64) (i64.const 1))`).join('') },
    ],
    ['a hundred thousand blocks in each other', { rewrite: (wasm) => withBody(wasm, nested(100_000)), limits: { fuel: 1_000_000 } }],
    ['forty memory pages, all of them data', { fields: `(data (i32.const 131072) "${'x'.repeat(300_000)}")` }],
  ])('%s: it runs', async (_what, parts) => {
    const client = new RecordingClient(await start({ workers: 1 }).open([hostile(parts)]));
    expect(forwarded(await client.ask('hello'))).toEqual(['hello']);
  });

  it.each<[string, Parts, string, string]>([
    ['data outside of the memory', { fields: '(data (i32.const 524287) "xx")' }, 'PLUGIN_START_FAILED', 'out of bounds'],
    [
      'elements outside of the table',
      { fields: '(table 1 funcref) (func $f) (elem (i32.const 1) $f)' },
      'PLUGIN_START_FAILED',
      'out of bounds',
    ],
    ['a start function that traps', { fields: '(func $s unreachable) (start $s)' }, 'PLUGIN_START_FAILED', 'unreachable'],
    [
      'a start function that never ends',
      { fields: '(func $s (loop $l (br $l))) (start $s)', limits: { fuel: 1_000_000 } },
      'PLUGIN_START_FAILED',
      'limits.fuel',
    ],
    ['tables of a thousand million elements', { fields: '(table 1000000000 funcref)' }, 'PLUGIN_INVALID', 'at most 65536'],
    ['a thousand tables as large as they may be', { fields: '(table 65536 funcref)'.repeat(1_000) }, 'PLUGIN_INVALID', 'at most 16'],
    [
      'ten million loops',
      { rewrite: loopsInBodies(5, 2_000_000), limits: { fuel: 1_000_000 } },
      'PLUGIN_INVALID',
      'takes more than 5000 ms',
    ],
    ['a function that is too large', { rewrite: loopsInBodies(1, 3_000_000), limits: { fuel: 0 } }, 'PLUGIN_INVALID', 'does not validate'],
  ])('%s: it is refused, and the others go on', async (_what, parts, code, wanted) => {
    const running = start({ workers: 1, startTimeoutMs: 30_000 });
    const client = new RecordingClient(await running.open([puppet('a')]));
    const error = await running.open([hostile(parts)]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(wanted) });
    expect((error as HostError).message.length).toBeLessThan(2_000);
    expect(forwarded(await client.ask('austill here'))).toEqual(['still here']);
  });

  it('a start function that never ends, where there is no fuel, is killed at the start timeout', async () => {
    const running = start({ workers: 1, startTimeoutMs: 1_500 });
    const client = new RecordingClient(await running.open([puppet('a')]));
    const opening = running.open([hostile({ fields: '(func $s (loop $l (br $l))) (start $s)', limits: { fuel: 0 } })]);
    await expect(opening).rejects.toMatchObject({ code: 'PLUGIN_START_FAILED', message: expect.stringContaining('1500 ms') });
    expect(forwarded(await client.ask('austill here'))).toEqual(['still here']);
  });
});

function loopsInBodies(bodies: number, loops: number): (wasm: Uint8Array) => Uint8Array {
  return (wasm) => Array.from({ length: bodies }).reduce<Uint8Array>((made) => withBody(made, repeated([0x03, 0x40, 0x0b], loops)), wasm);
}

function repeated(bytes: readonly number[], count: number): Uint8Array {
  const all = new Uint8Array(bytes.length * count);
  for (let at = 0; at < all.length; at += bytes.length) all.set(bytes, at);
  return all;
}

function nested(depth: number): Uint8Array {
  const all = new Uint8Array(depth * 3).fill(0x0b, depth * 2);
  for (let at = 0; at < depth * 2; at += 2) all.set([0x02, 0x40], at);
  return all;
}

/** The module with one more function of type 0 that nobody calls, with these instructions. */
function withBody(wasm: Uint8Array, instructions: Uint8Array): Uint8Array {
  const u32 = (value: number): number[] => [
    (value & 0x7f) | 0x80,
    ((value >> 7) & 0x7f) | 0x80,
    ((value >> 14) & 0x7f) | 0x80,
    (value >> 21) & 0x7f,
  ];
  return writeSections(
    readSections(wasm).map((section) => {
      if (section.id !== SECTION.function && section.id !== SECTION.code) return section;
      const [count = 0, ...rest] = section.data;
      const more =
        section.id === SECTION.function
          ? Uint8Array.of(rest[0] ?? 0)
          : Buffer.concat([Uint8Array.from([...u32(instructions.length + 4), 0]), instructions, Uint8Array.of(0x41, 0, 0x0b)]);
      return { id: section.id, data: Buffer.concat([Uint8Array.of(count + 1), section.data.subarray(1), more]) };
    }),
  );
}
