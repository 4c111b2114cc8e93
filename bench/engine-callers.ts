import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import createPlugin from '@extism/extism';
import { DEFAULT_LIMITS, type Frame, instantiatePlugin, type PluginSpec, StateMemoryStore, StateTransaction } from '@framegate/host';
import type { Hook, PluginManifest } from '@framegate/sdk/abi';
import type { Outcome } from '../host/src/pipeline/outcome.js';
import { NOWHERE } from './nowhere.js';
import { ROOT } from './paths.js';

/** Something that echoes one payload again and again. */
export interface Caller {
  /** So many echoes, each checked by its length and its two ends; the last one byte for byte. The second byte's lowest bit may have been turned over. */
  call(times: number): Promise<void>;
}

const HOOK: Hook = 'on_request_message';
/** Frames on their way to the thread and back, as far as their bytes allow. */
const IN_FLIGHT = 256;
const IN_FLIGHT_BYTES = 1_048_576;

const MANIFEST: PluginManifest = {
  abi: 1,
  name: 'echo',
  version: '1.0.0',
  hooks: [HOOK, 'on_response_message'],
  capabilities: { state: [], http: [] },
  response: 'per-recipient',
};

/** The product's own limits, so that the guest is metered and clamped as it is in service. */
const specOf = (wasm: Uint8Array): PluginSpec => ({
  name: 'echo',
  wasm,
  manifest: MANIFEST,
  origin: 'echo.wat',
  config: {},
  limits: DEFAULT_LIMITS,
  policy: { onFault: 'closed', rejectStrategy: 'drop' },
});

/** ABI v1, called as the pipeline calls it: a transaction each, no thread, no socket. */
export async function openDirect(wasm: Uint8Array, payload: Uint8Array): Promise<Caller> {
  const plugin = await instantiatePlugin(specOf(wasm), 'direct', { log: () => undefined });
  const store = new StateMemoryStore();
  const frame: Frame = { kind: 'binary', payload };
  return {
    async call(times) {
      let echo: Uint8Array | undefined;
      for (let count = 0; count < times; count++) {
        const now = Date.now();
        const verdict = plugin.run({ hook: HOOK, frame, connection: NOWHERE, now, state: new StateTransaction(store, now) });
        if (verdict instanceof Promise || verdict.kind !== 'verdict') throw new Error('The guest did not answer.');
        echo = verdict.forward?.[0]?.payload;
        checkEnds(payload, echo);
      }
      checkAll(payload, echo);
    },
  };
}

/** The same behind the engine that the gateway uses: a thread of its own, rings, deadlines; up to 256 frames out. */
export async function openIsolated(wasm: Uint8Array, payload: Uint8Array): Promise<Caller> {
  const file = pathToFileURL(join(ROOT, 'host', 'dist', 'engine', 'worker-engine.js')).href;
  const { WorkerEngine } = (await import(file)) as typeof import('../host/src/engine/worker-engine.js');
  const chain = await new WorkerEngine().open([specOf(wasm)]);
  const frame: Frame = { kind: 'binary', payload };
  const inFlight = Math.max(1, Math.min(IN_FLIGHT, Math.floor(IN_FLIGHT_BYTES / payload.length)));
  return {
    call: (times) =>
      new Promise((resolve, reject) => {
        let sent = 0;
        let settled = 0;
        const submit = (): void => {
          sent += 1;
          chain.submit(client, HOOK, frame);
        };
        const client = {
          context: NOWHERE,
          settled(_hook: Hook, _frame: Frame, { forward }: Outcome) {
            settled += 1;
            try {
              checkEnds(payload, forward[0]?.payload);
              if (settled === times) checkAll(payload, forward[0]?.payload);
            } catch (error) {
              reject(error);
            }
            if (settled === times) resolve();
            else if (sent < times) submit();
          },
        };
        while (sent < Math.min(times, inFlight)) submit();
      }),
  };
}

/** Extism's own call, in this thread; its output as bytes. */
export async function openExtism(wasm: Uint8Array, payload: Uint8Array): Promise<Caller> {
  const plugin = await createPlugin({ wasm: [{ data: wasm }] }, { useWasi: true, runInWorker: false });
  return {
    async call(times) {
      let echo: Uint8Array | undefined;
      for (let count = 0; count < times; count++) {
        echo = (await plugin.call(HOOK, payload))?.bytes();
        checkEnds(payload, echo);
      }
      checkAll(payload, echo);
    },
  };
}

function checkEnds(payload: Uint8Array, echo: Uint8Array | undefined): asserts echo is Uint8Array {
  const last = payload.length - 1;
  if (echo?.length !== payload.length || echo[0] !== payload[0] || echo[last] !== payload[last])
    throw new Error('An echo came back changed.');
}

function checkAll(payload: Uint8Array, echo: Uint8Array | undefined): void {
  const rest = echo && echo.length === payload.length && Buffer.compare(echo.subarray(2), payload.subarray(2)) === 0;
  if (!rest || ((echo[1] ?? 0) | 1) !== ((payload[1] ?? 0) | 1)) throw new Error('An echo came back changed.');
}
