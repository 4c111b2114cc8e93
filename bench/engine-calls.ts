import { readFile } from 'node:fs/promises';
import { answer } from './answer.js';
import { type Caller, openDirect, openExtism, openIsolated } from './engine-callers.js';

/** Calls between two looks at the clock take about this long. */
const SLICE_MS = 5;

export type Runtime = 'direct' | 'isolated' | 'extism';

let caller: Caller | undefined;

async function open({
  runtime,
  guest,
  bytes,
}: {
  readonly runtime: Runtime;
  readonly guest: string;
  readonly bytes: number;
}): Promise<null> {
  const payload = Uint8Array.from({ length: bytes }, (_, index) => index % 251);
  const wasm = new Uint8Array(await readFile(guest));
  const opener = { direct: openDirect, isolated: openIsolated, extism: openExtism }[runtime];
  caller = await opener(wasm, payload);
  return null;
}

/** Calls a second. Fails if an echo is not what was sent. */
async function measure({ warmupMs, durationMs }: { readonly warmupMs: number; readonly durationMs: number }): Promise<number> {
  if (!caller) throw new Error('Nothing is open.');
  let slice = 1;
  const runFor = async (ms: number): Promise<number> => {
    const started = performance.now();
    let calls = 0;
    for (;;) {
      const before = performance.now();
      await caller?.call(slice);
      calls += slice;
      const now = performance.now();
      if (now - before < SLICE_MS) slice *= 2;
      else if (now - before > 4 * SLICE_MS) slice = Math.max(1, slice >> 1);
      if (now - started >= ms) return (calls / (now - started)) * 1000;
    }
  };
  await runFor(warmupMs);
  return runFor(durationMs);
}

const api = { open, measure };
export type EngineCallsApi = typeof api;

answer(api);
