type Random = (below: number) => number;

const FUNCTIONS = 5;
const LOCALS = 4;
const GLOBALS = 2;
/** Loop rounds and calls that one call of `run` may make: what is generated always ends. */
const STEPS = 3000;
/** Calls within calls. */
export const MAX_DEPTH = 30;

/** Instructions that every loop round and every call has at least; the global `rounds` counts both. */
export const ROUND_INSTRUCTIONS = 4;

const pick = <T>(random: Random, items: readonly T[]): T => items[random(items.length)] as T;

/**
 * A module as WebAssembly text, of loops, branches, switches, calls, recursion, calls through a table, memory and bulk instructions.
 * Exports `run: (i32, i32) -> i32`, which may trap, but always ends; `memory`; and its globals, `rounds` among them.
 */
export function randomModule(random: Random): string {
  const functions = Array.from({ length: FUNCTIONS }, (_, index) => new FunctionWriter(random).write(`$f${index}`));
  const names = Array.from({ length: FUNCTIONS }, (_, index) => `$f${index}`);
  return `(module
    (type $f (func (param i32 i32) (result i32)))
    (memory (export "memory") 1 1)
    (table $t ${FUNCTIONS} funcref)
    (elem (i32.const 0) ${names.join(' ')})
    (global $g0 (export "g0") (mut i32) (i32.const 1))
    (global $g1 (export "g1") (mut i32) (i32.const 2))
    (global $rounds (export "rounds") (mut i32) (i32.const 0))
    (global $steps (mut i32) (i32.const 0))
    (global $depth (mut i32) (i32.const 0))
    ${functions.join('\n')}
    (func (export "run") (param i32 i32) (result i32)
      (global.set $steps (i32.const ${STEPS}))
      (global.set $depth (i32.const 0))
      (call $f0 (local.get 0) (local.get 1))))`;
}

class FunctionWriter {
  readonly #random: Random;
  #labels = 0;
  #size = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  write(name: string): string {
    const locals = Array(LOCALS - 2)
      .fill('i32')
      .join(' ');
    return `(func ${name} (type $f) (param i32 i32) (result i32) (local ${locals})
      ${COUNT}
      ${this.#statements(0, [])}
      ${this.#expression(0)})`;
  }

  #statements(depth: number, open: readonly string[]): string {
    return Array.from({ length: 1 + this.#random(4) }, () => this.#statement(depth, open)).join('\n');
  }

  #statement(depth: number, open: readonly string[]): string {
    const random = this.#random;
    this.#size += 1;
    const simple = depth > 3 || this.#size > 40;
    const value = () => this.#expression(0);
    const local = random(LOCALS);
    const label = `$l${this.#labels++}`;
    switch (random(simple ? 6 : 12)) {
      case 0:
        return `(local.set ${local} ${value()})`;
      case 1:
        return `(global.set $g${random(GLOBALS)} ${value()})`;
      case 2:
        return `(i32.store ${this.#address()} ${value()})`;
      case 3:
        return open.length > 0 ? `(br_if ${pick(random, open)} ${value()})` : `(drop ${value()})`;
      case 4:
        return `(memory.fill ${this.#address()} ${value()} (i32.and ${value()} (i32.const 127)))`;
      case 5:
        return `(memory.copy ${this.#address()} ${this.#address()} (i32.and ${value()} (i32.const 127)))`;
      case 6:
        return `(if ${value()} (then ${this.#statements(depth + 1, open)}) (else ${this.#statements(depth + 1, open)}))`;
      case 7:
        return `(if ${value()} (then ${this.#statements(depth + 1, open)} ${this.#leave(open)}))`;
      case 8:
        return `(block ${label} ${this.#statements(depth + 1, [...open, label])} ${this.#leave([...open, label])})`;
      case 9:
        return this.#switch(depth, open);
      default:
        // a branch back is taken only while steps are left
        return `(loop ${label} ${COUNT} ${this.#statements(depth + 1, open)}
          (br_if ${label} (i32.and ${ALIVE} (i32.gt_u (i32.and ${value()} (i32.const 15)) (i32.const 3)))))`;
    }
  }

  /** The end of what goes before it, or nothing. */
  #leave(open: readonly string[]): string {
    const kind = this.#random(6);
    if (kind === 0) return `(return ${this.#expression(0)})`;
    return kind === 1 && open.length > 0 ? `(br ${pick(this.#random, open)})` : '';
  }

  #switch(depth: number, open: readonly string[]): string {
    const cases = Array.from({ length: 2 + this.#random(4) }, () => `$l${this.#labels++}`);
    const targets = cases.map(() => pick(this.#random, [...cases, ...open]));
    let code = `(br_table ${targets.join(' ')} (i32.and ${this.#expression(0)} (i32.const 7)))`;
    for (const [index, label] of cases.entries()) {
      code = `(block ${label} ${code}) ${this.#statements(depth + 1, [...cases.slice(index + 1), ...open])}`;
    }
    return code;
  }

  #address(): string {
    return `(i32.and ${this.#expression(1)} (i32.const 4095))`;
  }

  #expression(depth: number): string {
    const random = this.#random;
    const next = () => this.#expression(depth + 1);
    const guarded = (call: string) => `(if (result i32) ${CALLABLE} (then ${ENTER} ${call} ${EXIT}) (else ${next()}))`;
    switch (random(depth > 2 ? 4 : 10)) {
      case 0:
        return `(i32.const ${random(2000) - 1000})`;
      case 1:
      case 2:
        return `(local.get ${random(LOCALS)})`;
      case 3:
        return `(global.get $g${random(GLOBALS)})`;
      case 4:
        return `(i32.load (i32.and ${next()} (i32.const 4095)))`;
      case 5:
        // may trap, rarely
        return `(i32.div_u ${next()} (i32.or ${next()} (i32.const ${random(20) === 0 ? 0 : 1})))`;
      case 6:
        return `(if (result i32) ${next()} (then ${next()}) (else ${next()}))`;
      case 7:
        return guarded(`(call $f${random(FUNCTIONS)} ${next()} ${next()})`);
      case 8:
        return guarded(`(call_indirect $t (type $f) ${next()} ${next()} (i32.and ${next()} (i32.const 3)))`);
      default:
        return `(i32.${pick(random, ['add', 'sub', 'mul', 'xor', 'lt_s', 'shr_u'])} ${next()} ${next()})`;
    }
  }
}

const COUNT = `(global.set $rounds (i32.add (global.get $rounds) (i32.const 1)))
  (global.set $steps (i32.sub (global.get $steps) (i32.const 1)))`;
const ALIVE = '(i32.gt_s (global.get $steps) (i32.const 0))';
const CALLABLE = `(i32.and ${ALIVE} (i32.lt_s (global.get $depth) (i32.const ${MAX_DEPTH})))`;
const ENTER = '(global.set $depth (i32.add (global.get $depth) (i32.const 1)))';
const EXIT = '(global.set $depth (i32.sub (global.get $depth) (i32.const 1)))';
