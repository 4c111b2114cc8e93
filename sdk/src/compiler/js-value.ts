/**
 * How QuickJS-NG packs a JSValue into 64 bits on wasm32: the tag in the upper half, a payload in the lower,
 * every tag outside of -9…7 belongs to a double. `assertValueLayout` proves it of the engine that is being built.
 */
export const TAG = { bigInt: -9, string: -7, object: -1, int: 0, bool: 1, null: 2, undefined: 3, exception: 6, shortBigInt: 7 } as const;
const FIRST_TAG = -9;
const FLOAT_TAG = 8;

const VALUE = {
  undefined: BigInt(TAG.undefined) << 32n,
  null: BigInt(TAG.null) << 32n,
  exception: BigInt(TAG.exception) << 32n,
} as const;

/** The tag of a JSValue as it comes out of a wasm call. */
export function tagOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

export function isDouble(value: bigint): boolean {
  return (tagOf(value) - FIRST_TAG) >>> 0 >= FLOAT_TAG - FIRST_TAG;
}

/** WAT: a JSValue constant, a value's tag, whether it is an exception or a double. */
export const wat = {
  undefined: `(i64.const 0x${VALUE.undefined.toString(16)})`,
  null: `(i64.const 0x${VALUE.null.toString(16)})`,
  exception: `(i64.const 0x${VALUE.exception.toString(16)})`,
  tag: (value: string) => `(i32.wrap_i64 (i64.shr_s ${value} (i64.const 32)))`,
  isException: (value: string) => `(i32.eq (i32.wrap_i64 (i64.shr_s ${value} (i64.const 32))) (i32.const ${TAG.exception}))`,
  isObject: (value: string) => `(i32.eq (i32.wrap_i64 (i64.shr_s ${value} (i64.const 32))) (i32.const ${TAG.object}))`,
  isInt: (value: string) => `(i32.eqz (i32.wrap_i64 (i64.shr_s ${value} (i64.const 32))))`,
  isDouble: (value: string) =>
    `(i32.ge_u (i32.sub (i32.wrap_i64 (i64.shr_s ${value} (i64.const 32))) (i32.const ${FIRST_TAG})) (i32.const ${FLOAT_TAG - FIRST_TAG}))`,
  argument: (index: number) => `(i64.load offset=${8 * index} (local.get $args))`,
} as const;
