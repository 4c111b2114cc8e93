/**
 * The two cores that plugins are built from. `pdk`: a standard Extism module, for plain exports that use the PDK globals.
 * `framegate`: the same plus ABI v1, for sources that export `plugin`.
 */
export const CORE_VARIANTS = ['pdk', 'framegate'] as const;
export type CoreVariant = (typeof CORE_VARIANTS)[number];

/** A wasm function that JavaScript inside the guest can call. `arity` missing arguments arrive as undefined. */
export interface NativeFunction {
  readonly arity: number;
  /** Names and types of the body's locals. */
  readonly locals?: Readonly<Record<string, 'i32' | 'i64' | 'f64'>>;
  /** WAT instructions that leave one JSValue (i64). Arguments are at `$args`, eight bytes each. */
  readonly body: string;
}
