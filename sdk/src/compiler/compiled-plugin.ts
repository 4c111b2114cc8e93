import type { PluginManifest } from '../abi/manifest.js';

/** A plugin's module, and what a caller wants to know of how it came about. */
export interface CompiledPlugin {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** JSON; maps positions in the `plugin.js` of stack traces to the source. '' for AssemblyScript, whose errors name their place themselves. */
  readonly sourceMap: string;
  /** Undefined: a standard Extism module, called through the Otoroshi ABI. */
  readonly manifest?: PluginManifest;
  readonly exports: readonly string[];
  readonly warnings: readonly string[];
  /** The files that the module was made of, as full paths, without those of the sdk: what to watch. */
  readonly sources: readonly string[];
  /** Milliseconds. `bundle`: for AssemblyScript all that its compiler does. */
  readonly timings: { readonly bundle: number; readonly evaluate: number; readonly emit: number; readonly total: number };
}
