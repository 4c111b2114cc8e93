import { HOOKS, type Hook } from '@framegate/sdk/abi';
import type { Frame } from '../../frame.js';
import type { ConnectionContext } from '../../pipeline/connection-context.js';
import { StateMemoryStore } from '../../state/state-memory.js';
import { StateTransaction } from '../../state/state-transaction.js';
import type { PluginLimits } from '../engine.js';
import type { WasmPlugin } from './wasm-plugin.js';

/** Calls of each hook. A cold JavaScript guest takes 6–11 ms for its first call and tens of µs more for some time after it. */
const CALLS_PER_HOOK = 48;

/**
 * Units of fuel that a call may spend here: 55 times what `framegate bench` finds for word-filter's dearest frame, and 20 to 100 ms of a loop. A hook that loops for ever
 * would otherwise hold up every thread that starts, with whatever waits for it, for its deadline.
 */
const FUEL = 100_000_000;

/** Calls in a row past the deadline that end the warm-up: the first of a hook may be cold, or the machine busy. */
const SLOW_CALLS = 2;

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

/** A hook that did not come to an end with a made-up frame as live frames have to. */
export interface UnfinishedHook {
  readonly hook: Hook;
  /** `fuel`: stopped by what a call may spend here. `time`: it came to an end, past its deadline, twice in a row. */
  readonly why: 'fuel' | 'time';
  /** What the call took. */
  readonly ms: number;
}

/**
 * Runs a plugin's hooks on harmless frames over state of their own, so that its code is compiled before it takes traffic.
 * What compiled belongs to the module: give it a throw-away plugin, and no synthetic frame stays in a guest's memory.
 * A fault ends the warm-up and means nothing: the frames are not the plugin's own. One that does not end in time is told: it may be the same with every frame.
 */
export async function warmUp(plugin: WasmPlugin, { deadlineMs }: PluginLimits): Promise<UnfinishedHook | undefined> {
  const store = new StateMemoryStore();
  for (const hook of HOOKS) {
    if (!plugin.hooks.has(hook)) continue;
    let slow = 0;
    for (let index = 0; index < CALLS_PER_HOOK; index++) {
      const frame = FRAMES[index % FRAMES.length];
      if (!frame) return undefined;
      const now = Date.now();
      const state = new StateTransaction(store, now);
      const began = performance.now();
      const result = await plugin.run({ hook, frame, connection: CONNECTION, now, state, fuel: FUEL });
      const ms = performance.now() - began;
      if (result.kind === 'fault') return result.code === 'PLUGIN_FUEL' ? { hook, why: 'fuel', ms } : undefined;
      slow = ms > deadlineMs ? slow + 1 : 0;
      if (slow === SLOW_CALLS) return { hook, why: 'time', ms };
    }
  }
  return undefined;
}

/** What an operator should know of it, to follow the plugin's name. */
export function describeUnfinished({ hook, why, ms }: UnfinishedHook, { deadlineMs }: PluginLimits): string {
  const took = `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const found =
    why === 'fuel'
      ? `${hook} had not finished a made-up frame after ${took}, when it was stopped by fuel`
      : `${hook} took ${took} for a made-up frame`;
  return `${found}, while the plugin was loaded: live frames that take as long will be stopped by limits.fuel or limits.deadlineMs (${deadlineMs} ms) and meet onFault. Look for a loop that does not end, or raise the limits.`;
}
