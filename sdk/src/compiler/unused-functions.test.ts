import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/wat-guest.js';
import { readSections, SECTION, writeSections } from '../abi/wasm-binary.js';
import { emptyFunctions, findUnusedFunctions } from './unused-functions.js';

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
 )
 (func $c
  (call $d)
 )
 (func $d
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

describe('unused functions', () => {
  it('are those that neither a kept export nor the table reaches', () => {
    expect(findUnusedFunctions(WAT, ['run'], 2)).toEqual({ always: [4], withoutEval: [2, 3, 4] });
    expect(findUnusedFunctions(WAT, ['run', 'build'], 2)).toEqual({ always: [], withoutEval: [2] });
  });

  it('are not looked for in a core that is not as expected', () => {
    expect(() => findUnusedFunctions(WAT, ['walk'], 2)).toThrow('does not export all of walk');
    expect(() => findUnusedFunctions(WAT, ['run'], 3)).toThrow('slot 3');
  });

  it('trap once they are emptied; the others work', async () => {
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
