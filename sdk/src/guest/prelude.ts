import { boot, defineGlobals } from './boot.js';
import { failureDescriber } from './prelude-error.js';
import { cut, format } from './prelude-format.js';
import { guardedParse } from './prelude-json.js';
import { createPerformance } from './prelude-performance.js';

boot.describeFailure = failureDescriber(boot.missing);
boot.format = format;
boot.cut = cut;
boot.encodings = [];
const performance = createPerformance();
boot.resets = [performance.reset];

defineGlobals({
  self: globalThis,
  global: globalThis,
  // The engine's own counts from when the plugin was built.
  performance: performance.api,
  queueMicrotask: (callback: () => void): void => {
    if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
    void Promise.resolve().then(callback);
  },
});
Math.random = boot.natives.random;
JSON.parse = guardedParse(JSON.parse);
