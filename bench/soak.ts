import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DEFAULT_LIMITS, type Frame, type PluginSpec, StateMemoryStore, validatePluginConfig } from '@framegate/host';
import { type Hook, readManifest } from '@framegate/sdk/abi';
import { answer } from './answer.js';
import { memoryNow } from './memory-now.js';
import { MessageSource, PAYLOAD_BYTES } from './message-source.js';
import { NOWHERE } from './nowhere.js';
import { ROOT } from './paths.js';

const HOOK: Hook = 'on_request_message';
const IN_FLIGHT = 64;

export interface SoakJob {
  readonly plugins: readonly string[];
  readonly frames: number;
  /** Measured after so many frames each; the first is taken when the warm-up is over. */
  readonly every: number;
}

export interface RssSample {
  readonly frames: number;
  readonly rss: number;
}

async function specOf(file: string): Promise<PluginSpec> {
  const wasm = new Uint8Array(await readFile(file));
  const manifest = readManifest(wasm);
  const name = manifest?.name ?? 'plugin';
  return {
    name,
    wasm,
    ...(manifest ? { manifest } : {}),
    origin: file,
    config: validatePluginConfig(name, manifest, {}),
    limits: DEFAULT_LIMITS,
    // the guest is what may leak
    guards: false,
    policy: { onFault: 'closed', rejectStrategy: 'drop' },
  };
}

/** Sends frames through the isolated engine of this process and samples its memory on the way. A frame that does not pass ends it. */
async function soak({ plugins, frames, every }: SoakJob): Promise<readonly RssSample[]> {
  const file = pathToFileURL(join(ROOT, 'host', 'dist', 'engine', 'worker-engine.js')).href;
  const { WorkerEngine } = (await import(file)) as typeof import('../host/src/engine/worker-engine.js');
  const state = new StateMemoryStore();
  const engine = new WorkerEngine({ state });
  const chain = await engine.open(await Promise.all(plugins.map(specOf)));
  const source = new MessageSource({ bytes: PAYLOAD_BYTES, run: 0, connection: 0 });
  const send = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      let sent = 0;
      let settled = 0;
      const submit = (): void => {
        sent += 1;
        const payload = source.createBuffer();
        source.write(payload);
        chain.submit(client, HOOK, { kind: 'text', payload });
      };
      const client = {
        context: NOWHERE,
        settled(_hook: Hook, frame: Frame, { forward }: { readonly forward: readonly Frame[] }) {
          settled += 1;
          if (forward.length !== 1) reject(new Error(`A harmless message did not pass: ${Buffer.from(frame.payload)}`));
          else if (settled === count) resolve();
          else if (sent < count) submit();
        },
      };
      while (sent < Math.min(count, IN_FLIGHT)) submit();
    });
  const samples: RssSample[] = [];
  for (let done = 0; done < frames; done += every) {
    await send(every);
    // as the host does from time to time
    state.sweep(Date.now());
    samples.push({ frames: done + every, rss: memoryNow().rss });
  }
  await engine.close();
  return samples;
}

const api = { soak };
export type SoakApi = typeof api;

answer(api);
