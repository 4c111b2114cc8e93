import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { answer } from './answer.js';
import { MessageSource, PAYLOAD_BYTES } from './message-source.js';
import { median } from './statistics.js';

export interface BuildCost {
  /** The first build in this process: the compiler is loaded, its core read and compiled. */
  readonly coldMs: number;
  /** The builds that follow. */
  readonly warmMs: readonly number[];
}

export interface CallCost {
  /** Checking, compiling, the host's own warm-up calls and the instance, in a fresh process. */
  readonly loadMs: number;
  /** The first call of the instance: after the host's warm-up, so not a cold one. */
  readonly firstUs: number;
  /** Median of the calls that follow ours. */
  readonly warmUs: number;
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

/** Calls one instance in this thread, through the sdk's test harness: no socket, no worker, state committed after each call. */
async function calls({ wasm, warmup, warm }: { readonly wasm: string; readonly warmup: number; readonly warm: number }): Promise<CallCost> {
  const { loadPlugin } = await import('@framegate/sdk/testing');
  const before = performance.now();
  const plugin = await loadPlugin(wasm);
  const loadMs = performance.now() - before;
  const source = new MessageSource({ bytes: PAYLOAD_BYTES, run: 0, connection: 0 });
  const buffer = source.createBuffer();
  const times: number[] = [];
  for (let count = 0; count < 1 + warmup + warm; count++) {
    source.write(buffer);
    const payload = buffer.toString('latin1');
    const started = performance.now();
    const verdict = await plugin.request(payload);
    times.push((performance.now() - started) * 1000);
    if (!verdict.passed)
      throw new Error(`The plugin did not let a harmless message pass (${verdict.reason ?? 'no reason given'}): ${payload}`);
  }
  await plugin.dispose();
  return { loadMs, firstUs: times[0] ?? Number.NaN, warmUs: median(times.slice(1 + warmup)) };
}

async function size(file: string): Promise<Size> {
  const bytes = await readFile(file);
  return { raw: bytes.length, brotli: (await promisify(brotliCompress)(bytes)).length };
}

const api = { build, calls, size };
export type PluginsApi = typeof api;

answer(api);
