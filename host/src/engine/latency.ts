import { HOOKS, type Hook } from '@framegate/sdk/abi';

/** Upper bounds of the buckets in milliseconds; one more takes what is above them. */
export const LATENCY_BOUNDS_MS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000,
] as const satisfies readonly number[];

/** How long one plugin's calls of one hook took. `buckets` has one count for each bound, not added up, and one for what is above. */
export interface Latency {
  readonly hook: Hook;
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumMs: number;
}

const BUCKETS = LATENCY_BOUNDS_MS.length + 1;
const SUM = BUCKETS;
const COUNTERS = BUCKETS + 1;
/** Counters have 64 bits, as two words: no atomic addition of JavaScript is wider without a BigInt. */
const WORDS_A_HOOK = COUNTERS * 2;
const WORDS_A_PLUGIN = HOOKS.length * WORDS_A_HOOK;

/** Shared memory for the calls of so many plugins. */
export function createLatencies(plugins: number): SharedArrayBuffer {
  return new SharedArrayBuffer(plugins * WORDS_A_PLUGIN * Int32Array.BYTES_PER_ELEMENT);
}

/** Counts one plugin's calls; any number of threads may at the same time. */
export class LatencyWriter {
  readonly #words: Int32Array;
  readonly #base: number;

  constructor(shared: SharedArrayBuffer, plugin: number) {
    this.#words = new Int32Array(shared);
    this.#base = plugin * WORDS_A_PLUGIN;
  }

  record(hook: Hook, ms: number): void {
    const base = this.#base + HOOKS.indexOf(hook) * WORDS_A_HOOK;
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS_MS.length && ms > (LATENCY_BOUNDS_MS[bucket] ?? 0)) bucket++;
    this.#add(base + bucket * 2, 1);
    this.#add(base + SUM * 2, Math.min(Math.max(0, Math.round(ms * 1000)), 0x7fff_ffff));
  }

  #add(at: number, amount: number): void {
    const before = Atomics.add(this.#words, at, amount) >>> 0;
    if (before + amount > 0xffff_ffff) Atomics.add(this.#words, at + 1, 1);
  }
}

/** What has been counted of one plugin so far, for each of the hooks. A call that was killed has not ended and is not in it. */
export function readLatencies(shared: SharedArrayBuffer, plugin: number, hooks: Iterable<Hook>): Latency[] {
  const words = new Int32Array(shared);
  return Array.from(hooks, (hook) => {
    const base = plugin * WORDS_A_PLUGIN + HOOKS.indexOf(hook) * WORDS_A_HOOK;
    const buckets = Array.from({ length: BUCKETS }, (_, bucket) => readCounter(words, base + bucket * 2));
    return { hook, buckets, count: buckets.reduce((sum, count) => sum + count, 0), sumMs: readCounter(words, base + SUM * 2) / 1000 };
  });
}

function readCounter(words: Int32Array, at: number): number {
  for (;;) {
    const high = Atomics.load(words, at + 1);
    const low = Atomics.load(words, at);
    if (Atomics.load(words, at + 1) === high) return (high >>> 0) * 2 ** 32 + (low >>> 0);
  }
}
