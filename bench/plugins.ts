import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { answer } from './answer.js';

export interface BuildCost {
  /** The first build in this process: the compiler is loaded, its core read and compiled. */
  readonly coldMs: number;
  /** The builds that follow. */
  readonly warmMs: readonly number[];
}

export interface CallCost {
  /** The first call of an instance that nothing has warmed. */
  readonly coldUs: number;
  /** Median of the calls after the warm-up. */
  readonly warmUs: number;
  /** Units, on average. */
  readonly fuel: number;
}

export interface Size {
  readonly raw: number;
  readonly brotli: number;
}

async function build({ entry, warmBuilds }: { readonly entry: string; readonly warmBuilds: number }): Promise<BuildCost> {
  const started = performance.now();
  const { compilePlugin } = await import('@framegate/sdk/compiler');
  const times: number[] = [];
  let before = started;
  for (let count = 0; count <= warmBuilds; count++) {
    await compilePlugin({ entry });
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  const [coldMs = Number.NaN, ...warmMs] = times;
  return { coldMs, warmMs };
}

/** Milliseconds for checking, compiling, the host's own warm-up calls and the instance. */
async function load(wasm: string): Promise<number> {
  const { loadPlugin } = await import('@framegate/sdk/testing');
  const before = performance.now();
  const plugin = await loadPlugin(wasm);
  const loadMs = performance.now() - before;
  await plugin.dispose();
  return loadMs;
}

/** Calls the guest in this thread, whatever its guards say: no socket, no worker. */
async function calls({ wasm, frames }: { readonly wasm: string; readonly frames: number }): Promise<CallCost> {
  const { measurePlugin } = await import('@framegate/sdk/testing');
  const { coldUs, p50Us, fuel, verdicts } = await measurePlugin(wasm, { frames });
  if (verdicts.passed !== frames) throw new Error(`The plugin did not let harmless messages pass: ${JSON.stringify(verdicts)}`);
  return { coldUs, warmUs: p50Us, fuel: fuel?.mean ?? Number.NaN };
}

async function size(file: string): Promise<Size> {
  const bytes = await readFile(file);
  return { raw: bytes.length, brotli: (await promisify(brotliCompress)(bytes)).length };
}

const api = { build, load, calls, size };
export type PluginsApi = typeof api;

answer(api);
