import {
  type CallCost,
  type Frame,
  type FrameKind,
  HostError,
  instantiatePlugin,
  StateMemoryStore,
  StateTransaction,
  type Verdict,
} from '@framegate/host';
import type { Hook } from '@framegate/sdk/abi';
import { Durations } from './durations.js';
import { readPluginSpec, type SpecOptions } from './plugin-spec.js';
import { testContext } from './test-client.js';
import { PluginFaultError } from './test-verdict.js';

/** What is measured: which hook, how many frames, what is in them. */
export interface MeasureOptions extends SpecOptions {
  /** Default: `on_request_message` if the plugin has it, else `on_response_message`. */
  readonly hook?: 'on_request_message' | 'on_response_message';
  /** Default 100,000. */
  readonly frames?: number;
  /** A string is a text frame, in which every `{n}` becomes the frame's number; bytes are a binary one. Default: a chat message of about 140 bytes. */
  readonly payload?: string | Uint8Array;
  /** Called now and then with the frames done so far. */
  readonly onProgress?: (frames: number) => void;
}

/** How many frames met what. A frame counts once in the first five; `replied` and `closed` come on top. */
export type VerdictCounts = Readonly<Record<'passed' | 'replaced' | 'dropped' | 'rejected' | 'replied' | 'closed', number>>;

/** What a plugin takes from its host. Times are microseconds of this thread, for the call alone: no queue, no thread hop, no commit of state. */
export interface PluginMeasure {
  readonly name: string;
  /** Absent in a module without a manifest. */
  readonly version?: string;
  readonly hook: Hook;
  readonly frames: number;
  /** Of these, the first ones warm the plugin up and are not in its percentiles. */
  readonly warmUpFrames: number;
  readonly payloadBytes: number;
  /** Checking, metering, compiling and instantiating, the plugin's set-up included. */
  readonly loadMs: number;
  /** The first call, before anything was warm. A host warms a plugin before it takes traffic: no frame meets this. */
  readonly coldUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Units (see `limits.fuel`); absent where the plugin is not metered. */
  readonly fuel?: { readonly mean: number; readonly max: number; readonly limit: number };
  /** Bytes copied into the guest and out of it, a frame, on average; state and context that it asks for are not in it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes of guest memory: after the first call, after the warm-up, and after the last frame. */
  readonly memory: { readonly first: number; readonly warm: number; readonly last: number };
  /** Bytes of live state, keys and values, after the last frame. */
  readonly stateBytes: number;
  readonly verdicts: VerdictCounts;
  /** Of the frames, those for which a host would not even call the plugin, because its guards rule them out. Here it was called for all. */
  readonly ruledOut: number;
}

type MeasuredPlugin = Awaited<ReturnType<typeof instantiatePlugin>>;
type Call = Parameters<MeasuredPlugin['run']>[0];

const SILENT = { log: () => undefined };
const FRAMES = 100_000;
/** Of the frames, and at most so many: QuickJS's own compiled code is warm by then. */
const WARM_UP_PART = 0.1;
const WARM_UP_FRAMES = 2_000;
const PROGRESS_EVERY = 1_024;
const PAYLOAD =
  '{"name":"ada","content":"Message number {n}: the quick brown fox jumps over the lazy dog, and then once more, since it was so quick."}';

/**
 * Calls one instance of a plugin again and again in this thread, with the host's default limits, each frame a moment later than the last.
 * State is committed as a host would do it. Rejects with a PluginFaultError that names the frame if the plugin faults.
 */
export async function measurePlugin(file: string | URL, options: MeasureOptions = {}): Promise<PluginMeasure> {
  const spec = await readPluginSpec(file, options);
  const frames = options.frames ?? FRAMES;
  const warmUpFrames = Math.min(WARM_UP_FRAMES, Math.floor(frames * WARM_UP_PART));
  const loadStarted = performance.now();
  const plugin = await instantiatePlugin({ ...spec, guards: false }, 'direct', SILENT, { warm: false });
  const loadMs = performance.now() - loadStarted;
  const guarded = new GuardedCount(await instantiatePlugin(spec, 'direct', SILENT, { warm: false }));
  const hook = options.hook ?? (plugin.hooks.has('on_request_message') ? 'on_request_message' : 'on_response_message');
  if (!plugin.hooks.has(hook)) {
    const message = `plugin "${spec.name}" has no ${hook}`;
    throw new HostError('ARGUMENT_INVALID', message, { hint: `It has ${[...plugin.hooks].join(', ')}.` });
  }
  const frameOf = frameSource(options.payload ?? PAYLOAD);
  const store = new StateMemoryStore();
  const connection = testContext(1, Date.now());
  const times = new Durations(frames);
  const tally = new Tally();
  try {
    for (let number = 1; number <= frames; number++) {
      const frame = frameOf(number);
      const now = Date.now();
      const state = new StateTransaction(store, now);
      const call = { hook, frame, connection, now, state };
      const started = performance.now();
      const running = plugin.run(call);
      const verdict = running instanceof Promise ? await running : running;
      times.add((performance.now() - started) * 1000);
      if (verdict.kind === 'fault') throw new PluginFaultError({ ...verdict, message: `frame ${number}: ${verdict.message}` });
      if (verdict.kind === 'wait') {
        const hint = 'A frame that asks runs twice and waits for a network in between: measure one that does not ask.';
        throw new HostError('ARGUMENT_INVALID', `frame ${number}: plugin "${spec.name}" asks for an HTTP answer`, { hint });
      }
      store.apply(state.writes(), now);
      guarded.add(call);
      tally.add(frame, verdict, plugin.lastCall);
      if (number === Math.max(1, warmUpFrames)) tally.warm();
      if (number % PROGRESS_EVERY === 0) options.onProgress?.(number);
    }
    store.sweep(Date.now());
    const { first, p50, p99 } = times.summary(warmUpFrames);
    return {
      name: spec.name,
      ...(spec.manifest ? { version: spec.manifest.version } : {}),
      hook,
      frames,
      warmUpFrames,
      loadMs,
      coldUs: first,
      p50Us: p50,
      p99Us: p99,
      ...tally.summary(frames),
      ruledOut: guarded.ruledOut,
      stateBytes: store.bytes(spec.name),
    };
  } finally {
    await Promise.all([plugin.dispose(), guarded.dispose()]);
  }
}

/** Makes each frame before its time is taken. */
function frameSource(payload: string | Uint8Array): (number: number) => Frame {
  const frame = (kind: FrameKind, bytes: Uint8Array): Frame => ({ kind, payload: bytes });
  if (typeof payload !== 'string') return () => frame('binary', payload);
  if (!payload.includes('{n}')) {
    const bytes = Buffer.from(payload);
    return () => frame('text', bytes);
  }
  return (number) => frame('text', Buffer.from(payload.replaceAll('{n}', String(number))));
}

/** Counts the calls that a plugin's guards would have saved. Their notes go to a copy of the state, so that the measured calls meet a plugin without guards. */
class GuardedCount {
  readonly #plugin: MeasuredPlugin;
  readonly #store = new StateMemoryStore();
  ruledOut = 0;

  constructor(plugin: MeasuredPlugin) {
    this.#plugin = plugin;
  }

  /** Takes a call that has been made. */
  add(call: Call): void {
    const state = new StateTransaction(this.#store, call.now);
    const ruledOut = this.#plugin.rulesOut({ ...call, state });
    if (ruledOut) this.ruledOut += 1;
    this.#store.apply((ruledOut ? state : call.state).writes(), call.now);
  }

  dispose(): void | Promise<void> {
    return this.#plugin.dispose();
  }
}

/** Adds up what the calls took. */
class Tally {
  #payloadBytes = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #fuel = 0;
  #maxFuel = 0;
  #fuelLimit: number | undefined;
  #memory: { first: number; warm: number; last: number } | undefined;
  readonly #verdicts = { passed: 0, replaced: 0, dropped: 0, rejected: 0, replied: 0, closed: 0 };

  add(frame: Frame, verdict: Verdict, cost: CallCost | undefined): void {
    this.#payloadBytes += frame.payload.length;
    this.#count(verdict);
    if (!cost) return;
    this.#bytesIn += cost.bytesIn;
    this.#bytesOut += cost.bytesOut;
    this.#fuel += cost.fuel?.spent ?? 0;
    this.#maxFuel = Math.max(this.#maxFuel, cost.fuel?.spent ?? 0);
    this.#fuelLimit = cost.fuel?.limit;
    this.#memory ??= { first: cost.memoryBytes, warm: cost.memoryBytes, last: cost.memoryBytes };
    this.#memory.last = cost.memoryBytes;
  }

  /** What memory holds now, it holds with everything set up. */
  warm(): void {
    if (this.#memory) this.#memory.warm = this.#memory.last;
  }

  summary(frames: number): Pick<PluginMeasure, 'payloadBytes' | 'fuel' | 'bytesIn' | 'bytesOut' | 'memory' | 'verdicts'> {
    const limit = this.#fuelLimit;
    return {
      payloadBytes: this.#payloadBytes / frames,
      bytesIn: this.#bytesIn / frames,
      bytesOut: this.#bytesOut / frames,
      ...(limit === undefined ? {} : { fuel: { mean: this.#fuel / frames, max: this.#maxFuel, limit } }),
      memory: this.#memory ?? { first: 0, warm: 0, last: 0 },
      verdicts: this.#verdicts,
    };
  }

  #count({ forward, reply, reject, close }: Verdict): void {
    const counts = this.#verdicts;
    if (reject) counts.rejected += 1;
    else if (forward) counts[forward.length === 0 ? 'dropped' : 'replaced'] += 1;
    else counts.passed += 1;
    if (reply && reply.length > 0) counts.replied += 1;
    if (close) counts.closed += 1;
  }
}
