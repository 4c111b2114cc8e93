import { installPdk, type PdkNative } from './pdk.js';
import { structuredClone } from './prelude-clone.js';
import { createConsole } from './prelude-console.js';
import { createCrypto } from './prelude-crypto.js';
import { textDecoderClass, textEncoderClass } from './prelude-encoding.js';
import { formatError } from './prelude-error.js';
import { guardedParse } from './prelude-json.js';
import { createPerformance } from './prelude-performance.js';

/** What the compiler and the guest hand each other while a plugin is built. */
interface Boot {
  natives?: PdkNative;
  /** Text for the host of whatever a hook threw. */
  formatError?: typeof formatError;
  /** Forgets what the build's clock left behind. */
  reset?: () => void;
}

const scope = globalThis as unknown as { __framegate: Boot; __framegate_natives?: PdkNative };
const boot = scope.__framegate;
const native = scope.__framegate_natives as PdkNative;
delete scope.__framegate_natives;

const performance = createPerformance();

/** As on the web: writable and configurable, but not listed. */
function define(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

define({
  self: globalThis,
  global: globalThis,
  console: createConsole(native.log),
  crypto: createCrypto(native.randomBytes),
  performance: performance.api,
  structuredClone,
  TextEncoder: textEncoderClass(native.encode),
  TextDecoder: textDecoderClass(native.decode, native.encode),
  queueMicrotask: (callback: () => void): void => {
    if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
    void Promise.resolve().then(callback);
  },
  ...installPdk(native),
});
Math.random = native.random;
JSON.parse = guardedParse(JSON.parse);

boot.natives = native;
boot.formatError = formatError;
boot.reset = performance.reset;
