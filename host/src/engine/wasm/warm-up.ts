import { HOOKS, type Hook } from '@framegate/sdk/abi';
import type { Frame } from '../../frame.js';
import type { ConnectionContext } from '../../pipeline/connection-context.js';
import { HttpJournal } from '../../pipeline/http-journal.js';
import { StateMemoryStore } from '../../state/state-memory.js';
import { StateTransaction } from '../../state/state-transaction.js';
import type { Answer, Fault, FaultCode } from '../../verdict.js';
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

/** What ends a connection, or begins one, has no frame. */
const NO_FRAME: Frame = { kind: 'text', payload: new Uint8Array(0) };

/** A hook that did not come to an end with a made-up frame as live frames have to. */
export interface UnfinishedHook {
  readonly hook: Hook;
  /** `fuel`: stopped by what a call may spend here. `time`: it came to an end, past its deadline, twice in a row. `fault`: it trapped, ran out of memory, or out of its own fuel. */
  readonly why: 'fuel' | 'time' | 'fault';
  /** What the call took. */
  readonly ms: number;
  /** Of a `fault`: what happened on which frame, to follow the hook's name. */
  readonly fault?: string;
}

/**
 * Any client can send such frames as a rehearsal has: a guest must not trap, run out of memory or run away on them. That it throws, or answers with
 * something that is no verdict, may be its way to say that they are none of its own.
 */
const FATAL: Readonly<Partial<Record<FaultCode, string>>> = {
  PLUGIN_TRAP: 'trapped',
  PLUGIN_OUT_OF_MEMORY: 'ran out of memory',
  PLUGIN_FUEL: 'ran out of fuel',
};

/**
 * Runs a plugin's hooks on harmless frames over state of their own, so that its code is compiled before it takes traffic.
 * What compiled belongs to the module: give it a throw-away plugin, and no synthetic frame stays in a guest's memory.
 * A fault ends the rehearsal; what it may mean for live frames is told. `fully`: a call that spent the rehearsal's fuel may spend the plugin's own, and only then it counts.
 */
export async function warmUp(plugin: WasmPlugin, { deadlineMs }: PluginLimits, fully = false): Promise<UnfinishedHook | undefined> {
  const store = new StateMemoryStore();
  const run = async (hook: Hook, frame: Frame, fuel?: number): Promise<Answer> => {
    const now = Date.now();
    const state = new StateTransaction(store, now);
    // With it, whatever asks for the network ends there: it would fail for a reason that only a rehearsal has.
    const http = new HttpJournal({ startedAt: now, exchanges: [] });
    const answer = await plugin.run({ hook, frame, connection: CONNECTION, now, state, http, ...(fuel === undefined ? {} : { fuel }) });
    // Every frame finds what its connection began with, and is the first one.
    if (hook === 'on_connect' && answer.kind === 'verdict') store.apply(state.writes(), now);
    return answer;
  };
  for (const hook of HOOKS) {
    if (!plugin.hooks.has(hook)) continue;
    let slow = 0;
    for (let index = 0; index < CALLS_PER_HOOK; index++) {
      const frame = (isMessage(hook) ? FRAMES[index % FRAMES.length] : NO_FRAME) ?? NO_FRAME;
      const began = performance.now();
      let answer = await run(hook, frame, FUEL);
      if (fully && answer.kind === 'fault' && answer.code === 'PLUGIN_FUEL') answer = await run(hook, frame);
      const ms = performance.now() - began;
      if (answer.kind === 'fault') return unfinished(hook, frame, answer, ms, fully);
      slow = ms > deadlineMs ? slow + 1 : 0;
      if (slow === SLOW_CALLS) return { hook, why: 'time', ms };
    }
  }
  return undefined;
}

function unfinished(hook: Hook, frame: Frame, { code, message }: Fault, ms: number, fully: boolean): UnfinishedHook | undefined {
  if (code === 'PLUGIN_FUEL' && !fully) return { hook, why: 'fuel', ms };
  const what = FATAL[code];
  if (what === undefined) return undefined;
  const { kind, payload } = frame;
  const on = isMessage(hook) ? ` with the made-up ${kind} frame ${Buffer.from(payload).toString(kind === 'text' ? 'utf8' : 'hex')}` : '';
  return { hook, why: 'fault', ms, fault: `${what} in its rehearsal${on}: ${message}` };
}

function isMessage(hook: Hook): boolean {
  return hook === 'on_request_message' || hook === 'on_response_message';
}

/** What an operator should know of it, to follow the plugin's name. */
export function describeUnfinished({ hook, why, ms, fault }: UnfinishedHook, { deadlineMs }: PluginLimits): string {
  if (why === 'fault') return `${hook} ${fault}`;
  const took = `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const found =
    why === 'fuel'
      ? `${hook} had not finished a made-up frame after ${took}, when it was stopped by fuel`
      : `${hook} took ${took} for a made-up frame`;
  return `${found}, while the plugin was loaded: live frames that take as long will be stopped by limits.fuel or limits.deadlineMs (${deadlineMs} ms) and meet onFault. Look for a loop that does not end, or raise the limits.`;
}
