import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/wat-guest.js';
import { readSections, SECTION, writeSections } from '../abi/wasm-binary.js';
import { type CoreGraph, readCoreText, unusedFunctions } from './core-graph.js';
import { findStaticData } from './static-data.js';
import { emptyFunctions, unusedParts } from './unused-parts.js';

/** As wasm-dis prints it. `$c` is the compiler, called through the table; `$d` is what only it needs. */
const WAT = `(module
 (type $0 (func))
 (table $t 4 4 funcref)
 (elem $0 (i32.const 1) $b $c)
 (export "run" (func $a))
 (export "build" (func $e))
 (func $a
  (call $f)
 )
 (func $b
  (i32.load offset=64
   (local.get $0)
  )
 )
 (func $c
  (call $d)
 )
 (func $d
  (i32.const 24)
 )
 (func $e
  (call $d)
 )
 (func $f
  (drop
   (ref.func $g)
  )
 )
 (func $g
  (call $a)
 )
)`;

const RANGE = { start: 16, end: 128 };

describe('what a core can do without', () => {
  it('is each function that neither a kept export nor the table reaches', () => {
    const text = readCoreText(WAT, ['run']);
    expect(unusedFunctions(text, [])).toEqual([4]);
    expect(unusedFunctions(text, [2])).toEqual([2, 3, 4]);
    expect(unusedFunctions(readCoreText(WAT, ['run', 'build']), [2])).toEqual([2]);
    expect(() => readCoreText(WAT, ['walk'])).toThrow('does not export all of walk');
  });

  it('is a text that only such functions refer to, from the end of another', () => {
    const text = readCoreText(WAT, ['run']);
    const memory = new Uint8Array(
      new TextEncoder().encode(`${'\0'.repeat(24)}${'what only building says\0'.padEnd(40, 'x')}\x01`.padEnd(128, '\0')),
    );
    const graph: CoreGraph = { ...text, data: findStaticData(text, { memory, range: RANGE, called: () => false }), builtins: [] };
    expect(graph.data).toEqual([{ at: 24, length: 40, by: [3] }]);
    expect(unusedParts(graph, [2]).data).toEqual(graph.data);
    expect(unusedParts(graph, []).data).toEqual([]);
    expect(findStaticData(text, { memory: memory.fill(65, 23, 24), range: RANGE, called: () => false })).toEqual([]);
  });

  it('is a large table, if what refers to it can be called', () => {
    const text = readCoreText(WAT, ['run']);
    const memory = new Uint8Array(512).fill(1);
    const find = (called: (position: number) => boolean) => findStaticData(text, { memory, range: { start: 16, end: 512 }, called });
    expect(find((position) => position === 1)).toEqual([{ at: 64, length: 448, by: [1] }]);
    expect(find((position) => position === 3)).toEqual([]);
  });

  it('is nothing to which a word in memory points, and ends where one points', () => {
    const words = new Uint32Array(128).fill(0x01010101).fill(24, 120, 121).fill(400, 121, 122);
    const find = () =>
      findStaticData(readCoreText(WAT, ['run']), {
        memory: new Uint8Array(words.buffer),
        range: { start: 16, end: 480 },
        called: () => true,
      });
    expect(find()).toEqual([{ at: 64, length: 336, by: [1] }]);
    words[122] = 64;
    expect(find()).toEqual([]);
  });

  it('traps where a function was emptied; the others work', () => {
    const wasm = assemble(
      `(module (func (export "one") (result i32) (i32.const 1)) (func (export "two") (param i32) (result i32) (local i64) (local.get 0)))`,
    );
    const emptied = writeSections(
      readSections(wasm).map(({ id, data }) => ({ id, data: id === SECTION.code ? emptyFunctions(data, [1]) : data })),
    );
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(emptied)));
    expect((exports.one as () => number)()).toBe(1);
    expect(() => (exports.two as (value: number) => number)(2)).toThrow(WebAssembly.RuntimeError);
  });
});
