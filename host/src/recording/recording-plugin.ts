import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Hook, PluginGuards } from '@framegate/sdk/abi';
import type { PluginSpec } from '../engine/engine.js';
import type { PluginServices } from '../engine/wasm/plugin-services.js';
import type { WasmPlugin } from '../engine/wasm/wasm-plugin.js';
import type { Plugin, PluginCall } from '../pipeline/plugin.js';
import { StateMemoryStore } from '../state/state-memory.js';
import type { Answer } from '../verdict.js';
import { Masking } from './masking.js';
import type { RecordOptions } from './record-options.js';
import { RecordedState } from './recorded-state.js';
import { RecordingFile } from './recording-file.js';
import {
  entryWrite,
  RECORDING_VERSION,
  type RecordedCall,
  type RecordedConnection,
  type RecordingHeader,
  recordExchange,
  recordFrame,
  recordOutcome,
} from './recording-format.js';
import { SeededSource } from './seeded-source.js';

interface RecordedModule {
  readonly spec: PluginSpec;
  /** Of the plugin's file. */
  readonly sha256: string;
  readonly record: RecordOptions;
}

/**
 * Starts a plugin whose calls are recorded. Its guards are off, so that every frame meets it; a fresh instance is made when a call needs
 * it, not in a pause, and its random bytes come from a seed: all that so that the same calls come to the same again.
 */
export async function startRecorded(
  { spec, sha256, record }: RecordedModule,
  services: PluginServices,
  start: (spec: PluginSpec, services: PluginServices) => Promise<WasmPlugin>,
): Promise<RecordingPlugin> {
  const seed = randomBytes(16).toString('hex');
  const startedAt = Date.now();
  const source = new SeededSource(seed, startedAt);
  const { log } = services;
  const plugin = await start({ ...spec, guards: false }, { log, now: source.now, random: source.random });
  return new RecordingPlugin(plugin, source, record, headerOf({ spec, sha256, record }, seed, startedAt), log);
}

/** A plugin that writes down each call: what it was given before it runs, what came of it after. The file is made with the first call. */
class RecordingPlugin implements Plugin {
  readonly name: string;
  readonly hooks: ReadonlySet<Hook>;
  readonly guards: PluginGuards = {};
  readonly #plugin: WasmPlugin;
  readonly #source: SeededSource;
  readonly #options: RecordOptions;
  readonly #header: RecordingHeader;
  readonly #masking: Masking;
  readonly #log: PluginServices['log'];
  /** What a replay has of the state at this point. */
  readonly #model = new StateMemoryStore();
  /** Contexts that are in the file, by handle. */
  readonly #known = new Map<number, string>();
  #file: RecordingFile | undefined;
  #calls = 0;
  #failed = false;

  constructor(plugin: WasmPlugin, source: SeededSource, options: RecordOptions, header: RecordingHeader, log: PluginServices['log']) {
    this.#log = log;
    this.name = plugin.name;
    this.hooks = plugin.hooks;
    this.#plugin = plugin;
    this.#source = source;
    this.#options = options;
    this.#header = header;
    this.#masking = new Masking(options.mask);
  }

  run(call: PluginCall): Answer | Promise<Answer> {
    const file = this.hooks.has(call.hook) ? this.#opened() : undefined;
    if (file === undefined) return this.#plugin.run(call);
    const number = this.#calls + 1;
    if (number > this.#options.maxFrames) {
      this.#end('max-frames');
      return this.#plugin.run(call);
    }
    if (!file.write(this.#calls, ...this.#context(call), this.#asked(number, call))) {
      this.#source.release();
      return this.#plugin.run(call);
    }
    this.#calls = number;
    this.#source.begin(number, call.now);
    const state = new RecordedState(call.state, this.#model);
    const answer = this.#plugin.run({ ...call, state });
    if (answer instanceof Promise) return answer.then((settled) => this.#answered(number, state, settled));
    return this.#answered(number, state, answer);
  }

  async dispose(): Promise<void> {
    this.#file?.end('closed', this.#calls);
    await this.#plugin.dispose();
  }

  #answered(call: number, state: RecordedState, answer: Answer): Answer {
    // what it said of the real frame may have the secret in it
    if (this.#options.mask.length > 0) return answer;
    const { corrections, refused } = state;
    const outcome = recordOutcome(answer, state.ownWrites());
    const { name } = this;
    this.#model.apply(
      corrections.map((entry) => entryWrite(name, entry)),
      state.now,
    );
    if (answer.kind === 'verdict') this.#model.apply(state.ownWrites(), state.now);
    const found = { ...(corrections.length > 0 && { state: corrections }), ...(refused.length > 0 && { refused }) };
    if (this.#file?.write(call, { kind: 'answer', call, ...outcome, ...found }) === false) this.#source.release();
    return answer;
  }

  /** The file while it takes calls. A recording that can't be written costs no frame. */
  #opened(): RecordingFile | undefined {
    if (this.#failed) return undefined;
    try {
      this.#file ??= new RecordingFile(this.#options, this.#header);
      return this.#file.open ? this.#file : undefined;
    } catch (error) {
      this.#failed = true;
      this.#source.release();
      this.#log(this.name, 'error', (error as Error).message, '');
      return undefined;
    }
  }

  #end(why: 'max-frames'): void {
    this.#file?.end(why, this.#calls);
    this.#source.release();
  }

  /** The connection's line, if the file does not have it as it is now. */
  #context({ connection }: PluginCall): RecordedConnection[] {
    const version = `${connection.version} ${connection.id}`;
    if (this.#known.get(connection.handle) === version) return [];
    this.#known.set(connection.handle, version);
    return [{ kind: 'connection', context: this.#masking.context(connection) }];
  }

  #asked(call: number, { hook, connection, now, frame, http }: PluginCall): RecordedCall {
    const own = http?.exchanges.filter(({ plugin }) => plugin === this.name) ?? [];
    return {
      kind: 'call',
      call,
      hook,
      connection: connection.handle,
      now,
      frame: recordFrame(this.#masking.frame(frame)),
      ...(http && {
        http: { startedAt: http.startedAt, exchanges: own.map((exchange) => recordExchange(this.#masking.exchange(exchange))) },
      }),
    };
  }
}

function headerOf({ spec, sha256, record }: RecordedModule, seed: string, startedAt: number): RecordingHeader {
  const { name, manifest, origin, config, limits, http } = spec;
  return {
    framegate: 'recording',
    version: RECORDING_VERSION,
    plugin: {
      name,
      ...(manifest && { version: manifest.version }),
      sha256,
      file: resolve(origin),
    },
    config: new Masking(record.mask).config(config),
    limits,
    ...(http && { http }),
    seed,
    startedAt,
    masked: record.mask,
  };
}
