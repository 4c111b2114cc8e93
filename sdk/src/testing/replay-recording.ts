import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type Answer,
  entryWrite,
  frameOf,
  HostError,
  instantiatePlugin,
  type PluginLimits,
  type PluginSpec,
  type RecordedOutcome,
  type RecordedStep,
  type Recording,
  ReplayedHttp,
  ReplayedState,
  readRecording,
  recordOutcome,
  SeededSource,
  StateMemoryStore,
} from '@framegate/host';
import type { Hook, JsonObject } from '@framegate/sdk/abi';
import { readPluginSpec } from './plugin-spec.js';

/** What a recording is replayed with. Without any of it: as it was recorded. */
export interface ReplayOptions {
  /** A `.wasm` file, or a source, which is compiled first. Default: the file that was recorded. */
  readonly plugin?: string | URL;
  /** Instead of the recorded one; validated against the plugin's schema. */
  readonly config?: JsonObject;
  /** Writes the recording once more, with this plugin's answers for what it is to answer from now on. */
  readonly fill?: string | URL;
  /** Called now and then with the calls done so far. */
  readonly onProgress?: (calls: number) => void;
}

/** A call that does not come to what was recorded. */
export interface ReplayDifference {
  readonly call: number;
  readonly hook: Hook;
  /** The connection's id. */
  readonly connection: string;
  readonly frame: RecordedStep['call']['frame'];
  readonly was: RecordedOutcome;
  readonly is: RecordedOutcome;
}

/** A module, as a report names it. */
export interface ReplayedModule {
  readonly name: string;
  readonly version?: string;
  readonly sha256: string;
  readonly file: string;
}

/** What a replay came to, beside what was recorded. */
export interface ReplayReport {
  readonly recorded: ReplayedModule;
  readonly replayed: ReplayedModule;
  readonly calls: number;
  /** Calls that have an answer to compare with. */
  readonly compared: number;
  /** Calls that never came back while they were recorded, with what they come to now. None of a masked recording that was not filled. */
  readonly unanswered: readonly Omit<ReplayDifference, 'was'>[];
  readonly differences: readonly ReplayDifference[];
  /** SHA-256 of all answers, in order: the same for two replays that came to the same. */
  readonly digest: string;
}

const PROGRESS_EVERY = 256;
/** What a plugin without a limit to its fuel gets for each millisecond of its deadline, which a replay has not: more than any guest spends in one. */
const UNITS_A_DEADLINE_MS = 16_000_000;

/**
 * Makes the recorded calls again, in this thread, and tells where the answers differ: verdicts, faults and state writes. The clock and
 * random bytes are the recorded ones, state is what the plugin wrote itself, with what others changed as it was recorded.
 * Rejects with a HostError for what is no recording, or no plugin, or a configuration that it does not take.
 */
export async function replayRecording(recording: string | URL, options: ReplayOptions = {}): Promise<ReplayReport> {
  const file = recording instanceof URL ? fileURLToPath(recording) : recording;
  const read = await readRecording(file);
  const { header, steps } = read;
  const spec = await specOf(read, options);
  const source = new SeededSource(header.seed, header.startedAt);
  const plugin = await instantiatePlugin(spec, 'direct', { log: () => undefined, now: source.now, random: source.random });
  const store = new StateMemoryStore();
  const digest = createHash('sha256');
  const differences: ReplayDifference[] = [];
  const unanswered: Omit<ReplayDifference, 'was'>[] = [];
  const outcomes: RecordedOutcome[] = [];
  let compared = 0;
  try {
    for (const step of steps) {
      const { call, answer, context } = step;
      source.begin(call.call, call.now);
      const is = await repeat(plugin, spec.name, store, step, header.masked);
      outcomes.push(is);
      const text = spell(is);
      digest.update(text);
      const place = { call: call.call, hook: call.hook, connection: context.id, frame: call.frame };
      if (answer) {
        compared += 1;
        if (spell(answer) !== text) differences.push({ ...place, was: pick(answer), is });
      } else if (header.masked.length === 0) {
        unanswered.push({ ...place, is });
      }
      if (call.call % PROGRESS_EVERY === 0) options.onProgress?.(call.call);
    }
  } finally {
    await plugin.dispose();
  }
  const replayed = moduleOf(spec);
  if (options.fill !== undefined) await writeFile(options.fill, filled(read, replayed, outcomes));
  return { recorded: header.plugin, replayed, calls: steps.length, compared, unanswered, differences, digest: digest.digest('hex') };
}

async function specOf({ header }: Recording, options: ReplayOptions): Promise<PluginSpec> {
  const gone = options.plugin === undefined && !existsSync(header.plugin.file);
  if (gone)
    throw new HostError('RECORDING_INVALID', `the plugin that was recorded, ${header.plugin.file}, is gone: name one with --plugin`);
  const config = options.config ?? header.config;
  const spec = await readPluginSpec(options.plugin ?? header.plugin.file, { config, limits: metered(header.limits) });
  const { http: granted, ...rest } = spec;
  const asks = (spec.manifest?.capabilities.http.length ?? 0) > 0;
  const http = header.http ?? (asks ? granted : undefined);
  return { ...rest, name: header.plugin.name, guards: false, ...(http && { http }) };
}

function metered(limits: PluginLimits): PluginLimits {
  return limits.fuel === 0 ? { ...limits, fuel: limits.deadlineMs * UNITS_A_DEADLINE_MS } : limits;
}

async function repeat(
  plugin: Awaited<ReturnType<typeof instantiatePlugin>>,
  name: string,
  store: StateMemoryStore,
  { call, context, answer }: RecordedStep,
  masked: readonly string[],
): Promise<RecordedOutcome> {
  const { hook, now } = call;
  store.apply(
    (answer?.state ?? []).map((entry) => entryWrite(name, entry)),
    now,
  );
  const state = new ReplayedState(store, now, answer?.refused);
  const http = call.http && new ReplayedHttp(name, call.http, masked);
  const result: Answer = await plugin.run({ hook, frame: frameOf(call.frame), connection: context, now, state, http });
  if (result.kind === 'verdict') store.apply(state.writes(), now);
  return recordOutcome(result, state.writes());
}

function pick({ verdict, fault, wait, writes }: RecordedOutcome): RecordedOutcome {
  return { ...(verdict && { verdict }), ...(fault && { fault }), ...(wait && { wait }), writes };
}

function spell(outcome: RecordedOutcome): string {
  return JSON.stringify(pick(outcome));
}

function moduleOf({ name, manifest, wasm, origin }: PluginSpec): ReplayedModule {
  const sha256 = createHash('sha256').update(wasm).digest('hex');
  return { name, ...(manifest && { version: manifest.version }), sha256, file: origin };
}

function filled({ header, steps, end }: Recording, plugin: ReplayedModule, outcomes: readonly RecordedOutcome[]): string {
  const lines: object[] = [{ ...header, plugin }];
  const known = new Map<number, object>();
  for (const [index, { call, context, answer }] of steps.entries()) {
    if (known.get(context.handle) !== context) lines.push({ kind: 'connection', context });
    known.set(context.handle, context);
    const found = { ...(answer?.state && { state: answer.state }), ...(answer?.refused && { refused: answer.refused }) };
    lines.push(call, { kind: 'answer', call: call.call, ...outcomes[index], ...found });
  }
  lines.push({ kind: 'end', why: end ?? 'closed', calls: steps.length });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
