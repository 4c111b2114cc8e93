import { concatBytes, customSection, readCustomSection, readSections, SECTION, writeSections } from '@framegate/sdk/abi';
import binaryen from 'binaryen';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CounterType, NARROW_COUNTER, WIDE_COUNTER } from './counter-type.js';
import { FUEL_EXPORT, injectFuel } from './inject-fuel.js';
import { OP } from './instruction-reader.js';

const FUEL = 100_000;
const {
  BulkMemory,
  BulkMemoryOpt,
  MutableGlobals,
  SignExt,
  ReferenceTypes,
  Multivalue,
  SIMD128,
  TailCall,
  ExceptionHandling,
  Atomics: AtomicOps,
} = binaryen.Features;
const FEATURES =
  BulkMemory | BulkMemoryOpt | MutableGlobals | SignExt | ReferenceTypes | Multivalue | SIMD128 | TailCall | ExceptionHandling | AtomicOps;

type Run = (...numbers: number[]) => number;
type Guest = Record<string, Run> & { readonly [FUEL_EXPORT]: WebAssembly.Global };

function build(wat: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(`(module ${wat})`);
  module.setFeatures(FEATURES);
  try {
    return module.emitBinary() as Uint8Array<ArrayBuffer>;
  } finally {
    module.dispose();
  }
}

function instantiate(wasm: Uint8Array, imports: WebAssembly.Imports = {}): Guest {
  return new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>), imports).exports as unknown as Guest;
}

/** What the modules of a test are metered with. */
let counter: CounterType = NARROW_COUNTER;

function metered(wat: string, fuel = FUEL, imports: WebAssembly.Imports = {}): Guest {
  return instantiate(injectFuel(build(wat), fuel, counter), imports);
}

function fill(guest: Guest): void {
  guest[FUEL_EXPORT].value = counter === WIDE_COUNTER ? BigInt(FUEL) : FUEL;
}

function left(guest: Guest): number {
  return Number(guest[FUEL_EXPORT].value);
}

/** Units that a call takes. */
function spent(guest: Guest, name: string, ...numbers: number[]): number {
  fill(guest);
  guest[name]?.(...numbers);
  return FUEL - left(guest);
}

describe.each([
  ['narrow', NARROW_COUNTER],
  ['wide', WIDE_COUNTER],
])('the fuel pass with a %s counter', (_name, type) => {
  beforeEach(() => {
    counter = type;
  });

  it.each([
    ['an endless loop', '(func (export "run") (loop $l (br $l)))'],
    ['a loop that br_if closes', '(func (export "run") (loop $l (br_if $l (i32.const 1))))'],
    ['a loop that br_table closes', '(func (export "run") (block $b (loop $l (br_table $b $l (i32.const 1)))))'],
    [
      'a loop with its round in an inner block',
      '(func (export "run") (loop $l (block $b (br_if $b (i32.const 0)) (br $l)) (unreachable)))',
    ],
    ['an inner loop', '(func (export "run") (loop $o (loop $i (br $i)) (br $o)))'],
    ['a loop with a parameter', '(func (export "run") (drop (i32.const 1) (loop $l (param i32) (result i32) (br $l))))'],
    ['a loop that calls', '(func $f (nop)) (func (export "run") (loop $l (call $f) (br $l)))'],
    [
      'a loop that calls through a table',
      '(table 1 funcref) (elem (i32.const 0) $f) (func $f (nop)) (func (export "run") (loop $l (call_indirect (i32.const 0)) (br $l)))',
    ],
    [
      'recursion that returns and calls again',
      '(func $f (export "run") (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))',
    ],
    [
      'recursion in a circle',
      '(func $f (export "run") (param i32) (if (local.get 0) (then (call $g (local.get 0)) (call $g (local.get 0))))) (func $g (param i32) (call $f (i32.sub (local.get 0) (i32.const 1))))',
    ],
    ['tail calls in a circle', '(func $f (export "run") (return_call $g)) (func $g (return_call $f))'],
    [
      'indirect tail calls',
      '(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "run") (return_call_indirect (type $t) (i32.const 0)))',
    ],
    ['a loop of exceptions', '(tag $t) (func $f (throw $t)) (func (export "run") (loop $l (try (do (call $f)) (catch $t (br $l)))))'],
    ['a loop over a try', '(tag $t) (func (export "run") (loop $l (try (do (throw $t)) (catch_all (br $l)))))'],
  ])('stops %s', (_name, wat) => {
    const guest = metered(`(memory 1) ${wat}`);
    expect(() => guest.run?.(40)).toThrow(WebAssembly.RuntimeError);
    expect(left(guest)).toBeLessThan(0);
  });

  it.each([
    ['memory.fill', '(memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))'],
    ['memory.copy', '(memory.copy (i32.const 0) (i32.const 1) (i32.const 65535))'],
    ['memory.init', '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))'],
    ['memory.grow', '(drop (memory.grow (i32.const 1)))'],
    ['table.fill', '(table.fill $t (i32.const 0) (ref.null func) (i32.const 1000))'],
    ['table.grow', '(drop (table.grow $t (ref.null func) (i32.const 1)))'],
    ['table.copy', '(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 999))'],
    ['table.init', '(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))'],
  ])('stops a loop of %s', (_name, body) => {
    const guest = metered(
      `(memory 1) (data $d "") (table $t 1000 funcref) (elem $e func $f) (func $f) (func (export "run") (loop $l ${body} (br $l)))`,
    );
    expect(() => guest.run?.()).toThrow(WebAssembly.RuntimeError);
    expect(left(guest)).toBeLessThan(0);
  });

  it('leaves endless recursion a stack overflow', () => {
    const guest = metered(
      '(func $f (export "run") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))',
      2_000_000_000,
    );
    expect(() => guest.run?.(1)).toThrow(/call stack/);
    expect(left(guest)).toBeGreaterThan(0);
  });

  it('charges bulk instructions by their length, before they run', () => {
    const guest = metered(`(memory 16) (table $t 4000 funcref)
      (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 7) (local.get 0)))
      (func (export "clear") (param i32) (table.fill $t (i32.const 0) (ref.null func) (local.get 0)))`);
    expect(spent(guest, 'fill', 640_000) - spent(guest, 'fill', 0)).toBe(80_000);
    expect(spent(guest, 'clear', 4000) - spent(guest, 'clear', 0)).toBe(16_000);
    fill(guest);
    expect(() => guest.fill?.(-1)).toThrow('unreachable');
    expect(left(guest)).toBeLessThan(0);
  });

  it('charges what runs: loops by rounds, branches by the longer one, switches not by all their cases', () => {
    const add = '(local.set 0 (i32.add (local.get 0) (i32.const 1)))';
    const guest = metered(`
      (func (export "rounds") (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "late") (param i32) ${add.repeat(50)} (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "large") (param i32) (if (local.get 0) (then ${add.repeat(1000)})))
      (func (export "cases") (param i32) ${'(block '.repeat(99)} (block (br_table ${[...Array(100).keys()].join(' ')} (local.get 0)))
        ${`${add.repeat(20)} (return))`.repeat(99)})`);
    expect(spent(guest, 'rounds', 1000)).toBeGreaterThanOrEqual(1000);
    expect(spent(guest, 'rounds', 1000)).toBeLessThan(1010);
    expect(spent(guest, 'late', 1000)).toBeLessThan(1100);
    expect(spent(guest, 'large', 1)).toBeGreaterThanOrEqual(4000 / 8);
    expect(spent(guest, 'large', 0)).toBeLessThan(10);
    expect(spent(guest, 'cases', 50)).toBeLessThan(25);
  });

  it('lets small functions go free, and charges them to who calls them', () => {
    const guest = metered(`(func $small (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "few") (result i32) (call $small (i32.const 1)))
      (func (export "many") (result i32) ${'(call $small '.repeat(200)} (i32.const 1) ${')'.repeat(200)})`);
    expect(spent(guest, 'few')).toBe(0);
    expect(spent(guest, 'many')).toBeGreaterThanOrEqual(250);
  });

  it('runs the start function at the beginning of _initialize, metered', () => {
    const order = (rest: string) =>
      `(import "host" "say" (func $say (param i32))) (func $start (call $say (i32.const 1))) (start $start) ${rest}`;
    const said: number[] = [];
    const host = { host: { say: (value: number) => said.push(value) } };
    const initialize = (rest: string) => {
      said.length = 0;
      const guest = metered(order(rest), FUEL, host);
      expect(said).toEqual([]);
      guest._initialize?.();
      return [...said];
    };
    expect(initialize('')).toEqual([1]);
    expect(initialize('(func (export "_initialize") (call $say (i32.const 2)))')).toEqual([1, 2]);
    expect(initialize('(func (export "__wasm_call_ctors") (call $say (i32.const 3)))')).toEqual([1, 3]);
    const endless = metered('(func $start (loop $l (br $l))) (start $start)');
    expect(() => endless._initialize?.()).toThrow('unreachable');
    expect(left(endless)).toBeLessThan(0);
  });

  it('keeps imported globals, data, elements and custom sections as they were', () => {
    const wasm = build(`(import "env" "base" (global $base i32)) (import "env" "f" (func $f (result i32)))
      (memory (export "memory") 1) (data (i32.const 8) "data") (table 2 funcref) (elem (i32.const 0) $f $g)
      (global $own (mut i32) (i32.const 5)) (export "own" (global $own))
      (func $g (result i32) (global.set $own (i32.add (global.get $own) (global.get $base))) (global.get $own))
      (func (export "run") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))`);
    const sections = readSections(wasm);
    const custom = [customSection('first', Uint8Array.of(1)), ...sections, customSection('last', Uint8Array.of(2))];
    const hinted = [...custom.slice(0, -2), customSection('metadata.code.branch_hint', Uint8Array.of(0)), ...custom.slice(-2)];
    const out = injectFuel(writeSections(hinted), FUEL, counter);
    expect(readSections(out)[0]?.id).toBe(SECTION.custom);
    expect([readCustomSection(out, 'first'), readCustomSection(out, 'last')]).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(readCustomSection(out, 'metadata.code.branch_hint')).toBeUndefined();
    const guest = instantiate(out, { env: { base: 37, f: () => 9 } } as unknown as WebAssembly.Imports);
    expect([guest.run?.(0), guest.run?.(1)]).toEqual([9, 42]);
    const memory = (guest as unknown as { memory: WebAssembly.Memory }).memory;
    expect(Buffer.from(memory.buffer, 8, 4).toString()).toBe('data');
  });

  it('passes SIMD, atomics and constants that look like instructions', () => {
    const guest = metered(`(memory 1)
      (func (export "simd") (result i32) (i32x4.extract_lane 3 (i32x4.mul (v128.const i32x4 1 2 3 0x0b0b0b0b) (v128.const i32x4 1 2 3 3))))
      (func (export "atomic") (result i32) (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 7))) (i32.atomic.load (i32.const 0)))
      (func (export "constant") (result f64) (f64.const 0x1.b0b0b0b0b0b0bp+3))`);
    expect([guest.simd?.(), guest.atomic?.(), guest.constant?.()]).toEqual([0x2121_2121, 7, 0x1b0b_0b0b_0b0b_0b / 2 ** 49]);
  });

  it('passes blocks and loops with several parameters and results', () => {
    const i32 = 0x7f;
    const types = [2, 0x60, 1, i32, 1, i32, 0x60, 2, i32, i32, 2, i32, i32];
    const body = [
      ...[1, 1, i32, OP.i32Const, 0, OP.localGet, 0, OP.loop, 1],
      // sum, left: sum + left, left - 1
      ...[
        OP.localTee,
        1,
        0x6a,
        OP.localGet,
        1,
        OP.i32Const,
        1,
        NARROW_COUNTER.subtract,
        OP.localTee,
        1,
        OP.localGet,
        1,
        OP.brIf,
        0,
        OP.end,
      ],
      ...[OP.block, 1, 0x6a, OP.i32Const, 0, OP.end, 0x6a, OP.end],
    ];
    const wasm = writeSections([
      { id: SECTION.type, data: Uint8Array.from(types) },
      { id: SECTION.function, data: Uint8Array.of(1, 0) },
      { id: SECTION.export, data: Uint8Array.of(1, 3, ...Buffer.from('run'), 0, 0) },
      { id: SECTION.code, data: Uint8Array.of(1, body.length, ...body) },
    ]);
    expect(instantiate(wasm).run?.(100)).toBe(5050);
    const guest = instantiate(injectFuel(wasm, FUEL, counter));
    expect(guest.run?.(100)).toBe(5050);
    expect(spent(guest, 'run', 100)).toBeGreaterThanOrEqual(100);
  });

  it('refuses code that would reach the counter, which is the next global', () => {
    const wasm = build('(global $a (mut i32) (i32.const 0)) (func (export "run") (global.set $a (i32.const 1)))');
    const at = Buffer.from(wasm).lastIndexOf(Buffer.of(0x24, 0));
    wasm[at + 1] = 1;
    expect(() => injectFuel(wasm, FUEL, counter)).toThrow('function 0: global 1 does not exist');
  });

  it('refuses an export by the name of the counter, and code it can not read, naming the function', () => {
    expect(() => metered(`(func (export "${FUEL_EXPORT}"))`)).toThrow(FUEL_EXPORT);
    const wasm = build('(func (nop)) (func (export "run") (nop))');
    wasm[wasm.lastIndexOf(0x01)] = 0x27;
    expect(() => injectFuel(wasm, FUEL, counter)).toThrow('function 1: unknown instruction 27');
  });

  it('leaves a module without code as it is', () => {
    const empty = concatBytes([Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)]);
    expect(injectFuel(empty, FUEL, counter)).toBe(empty);
  });
});
