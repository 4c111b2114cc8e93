import type { PdkNative } from './pdk.js';
import type { DescribeFailure } from './prelude-error.js';
import type { cut, format } from './prelude-format.js';
import type { TextEncoding } from './text-encoding.js';

/** What the compiler, the prelude's scripts and the guest hand each other at `globalThis.__framegate` while a plugin is built. */
export interface Boot {
  natives: PdkNative;
  /** Globals that the plugin names and a guest does not have, with what to do instead. */
  readonly missing: Readonly<Record<string, string>>;
  /** Text for the host of whatever a hook threw. */
  describeFailure: DescribeFailure;
  format: typeof format;
  cut: typeof cut;
  /** What `TextDecoder` reads beside UTF-8. */
  encodings: readonly TextEncoding[];
  /** Run at the build's end: each forgets what the build's clock left behind. */
  resets: (() => void)[];
}

export const boot = (globalThis as unknown as { readonly __framegate: Boot }).__framegate;

/** Makes globals as the web's are: writable and configurable, but not listed. */
export function defineGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
