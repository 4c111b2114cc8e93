import { HOOKS } from '@framegate/sdk/abi';
import type { Frame } from '../../frame.js';
import type { ConnectionContext } from '../../pipeline/connection-context.js';
import { StateMemoryStore } from '../../state/state-memory.js';
import { StateTransaction } from '../../state/state-transaction.js';
import type { WasmPlugin } from './wasm-plugin.js';

/** Calls of each hook. A cold JavaScript guest takes 6–11 ms for its first call and tens of µs more for some time after it. */
const CALLS_PER_HOOK = 48;

/**
 * Units of fuel that a call may spend here: 55 times what `framegate bench` finds for word-filter's dearest frame, and 20 to 100 ms of a loop. A hook that loops for ever
 * would otherwise hold up every thread that starts, with whatever waits for it, for its deadline.
 */
const FUEL = 100_000_000;

const encoder = new TextEncoder();
const FRAMES: readonly Frame[] = [
  { kind: 'text', payload: encoder.encode('warm-up') },
  { kind: 'text', payload: encoder.encode('{"name":"warm-up","content":"warm-up"}') },
  { kind: 'binary', payload: Uint8Array.of(0, 1, 2, 3) },
];
const CONNECTION: ConnectionContext = {
  handle: 0,
  version: 1,
  id: 'warm-up',
  route: 'warm-up',
  host: 'localhost',
  path: '/',
  headers: {},
  remoteAddress: '127.0.0.1',
  subprotocol: '',
  connectedAt: 0,
};

/**
 * Runs a plugin's hooks on harmless frames over state of their own, so that its code is compiled before it takes traffic.
 * What compiled belongs to the module: give it a throw-away plugin, and no synthetic frame stays in a guest's memory.
 * A fault ends the warm-up and means nothing: the frames are not the plugin's own.
 */
export async function warmUp(plugin: WasmPlugin): Promise<void> {
  const store = new StateMemoryStore();
  for (const hook of HOOKS) {
    if (!plugin.hooks.has(hook)) continue;
    for (let index = 0; index < CALLS_PER_HOOK; index++) {
      const frame = FRAMES[index % FRAMES.length];
      if (!frame) return;
      const now = Date.now();
      const state = new StateTransaction(store, now);
      const result = await plugin.run({ hook, frame, connection: CONNECTION, now, state, fuel: FUEL });
      if (result.kind === 'fault') return;
    }
  }
}
