import type { PluginGuards } from '@framegate/sdk/abi';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import { HttpJournal } from '../pipeline/http-journal.js';
import type { Pipeline, PipelineResult } from '../pipeline/pipeline.js';
import { StateMemoryStore } from '../state/state-memory.js';
import { ByteReader, ByteWriter } from './byte-codec.js';
import type { ChainPlugin } from './chain-plugin.js';
import type { PluginSpec } from './engine.js';
import { readCommand, type WorkerCommand } from './frame-codec.js';
import { laneOf } from './held-lanes.js';
import { runMigration } from './migration/run-migration.js';
import { type PluginLog, writeChange, writeDeferred, writeLog, writeResult, writeTrace, writeWait, writeWiped } from './outcome-codec.js';
import type { QuotaSeats } from './state-quota.js';
import { StateReplica } from './state-replica.js';
import type { Supervision } from './supervised-plugin.js';
import type { RehearsalOptions } from './wasm/instantiate-plugin.js';
import type { Chore } from './wasm/plugin-services.js';
import { wipeConnection } from './wipe-connection.js';
import { type ChainDefinition, type FromWorker, type ToWorker, toPlainError } from './worker-protocol.js';
import { readWrites, writeWrites } from './write-codec.js';

/** Answers leave at a batch's end, and within it every so many frames or as soon as the clock has moved on by a millisecond. */
const ANSWERS_AT_ONCE = 64;

/** A chain's plugins, started. */
export interface StartedChain {
  readonly pipeline: Pipeline;
  /** Each plugin's. */
  readonly guards: readonly PluginGuards[];
  /** Whether any of its plugins has the network. */
  readonly http: boolean;
  /** Whether any of them is recorded. */
  readonly recorded: boolean;
  /** The plugins themselves, unsupervised. */
  readonly plugins: readonly { readonly spec: PluginSpec; readonly plugin: ChainPlugin }[];
  /** What there is to say of plugins that did not finish their rehearsal in time. */
  readonly unfinished: readonly PluginLog[];
}

export interface ChainRunnerOptions {
  readonly supervision: Supervision;
  readonly seats: QuotaSeats;
  /** Where this thread counts what it reserves. */
  readonly quotaCell: number;
  readonly post: (message: FromWorker) => void;
  /** Takes a copy. */
  readonly answers: (bytes: Uint8Array) => void;
  readonly start: (definition: ChainDefinition, rehearsal: RehearsalOptions) => Promise<StartedChain>;
}

type FrameCommand = Extract<WorkerCommand, { kind: 'frame' }>;

/**
 * What a worker thread does with its messages: one after the other, frame by frame. A frame's writes go to this thread's replica of
 * the state when it has run, and to the main thread with its result; only there do they count.
 */
export class ChainRunner {
  readonly state: StateReplica;
  readonly #options: ChainRunnerOptions;
  readonly #chains = new Map<number, StartedChain>();
  readonly #contexts = new Map<number, ConnectionContext>();
  /** Lanes whose frames have to wait for one that waits for the network, until that one comes back. */
  readonly #parked = new Set<string>();
  readonly #queue: ToWorker[] = [];
  readonly #chores: Chore[] = [];
  readonly #out = new ByteWriter();
  #busy = false;
  #waiting = 0;
  #flushedAt = 0;

  constructor(options: ChainRunnerOptions) {
    this.#options = options;
    this.state = new StateReplica(options.seats, options.quotaCell, (change) => writeChange(this.#out, change));
  }

  /** Waits for something other than the next message. */
  get busy(): boolean {
    return this.#busy;
  }

  receive(message: ToWorker): void {
    this.#queue.push(message);
    if (!this.#busy) this.#work();
  }

  /** A plugin's log line. It leaves before the result of the frame that runs now; a killed frame's lines are lost with it. */
  log(log: PluginLog): void {
    writeLog(this.#out, log);
  }

  /** To be done between two messages: while nothing waits, or at the latest when the present batch is done. */
  later(chore: Chore): void {
    this.#chores.push(chore);
  }

  #work(): void {
    for (;;) {
      const chore = this.#chores.shift();
      const message = chore === undefined ? this.#queue.shift() : undefined;
      if (chore === undefined && message === undefined) return;
      const later = message === undefined ? chore?.() : this.#handle(message);
      if (chore !== undefined) this.#flush();
      if (!(later instanceof Promise)) continue;
      this.#busy = true;
      void later.then(() => {
        this.#busy = false;
        this.#work();
      });
      return;
    }
  }

  #handle(message: ToWorker): Promise<void> | undefined {
    switch (message.kind) {
      case 'commands':
        this.#flushedAt = Date.now();
        return this.#run(new ByteReader(message.bytes));
      case 'load':
        return this.#load(message.definition, message.rehearsal);
      case 'unload':
        return this.#unload(message.chain);
      case 'migrate':
        return this.#migrate(message);
    }
  }

  async #load(definition: ChainDefinition, rehearsal: RehearsalOptions): Promise<void> {
    const { chain, plugins, quotas } = definition;
    for (const [index, { spec }] of plugins.entries()) {
      const quota = quotas[index];
      if (quota !== undefined) this.state.limit(spec.name, quota);
    }
    try {
      const started = await this.#options.start(definition, rehearsal);
      this.#chains.set(chain, started);
      this.#options.post({ kind: 'loaded', chain, guards: started.guards, unfinished: started.unfinished });
    } catch (error) {
      this.#options.post({ kind: 'load-failed', chain, error: toPlainError(error) });
    }
    this.#flush();
  }

  async #unload(chain: number): Promise<void> {
    const running = this.#chains.get(chain);
    this.#chains.delete(chain);
    await running?.pipeline.dispose();
    this.#options.post({ kind: 'unloaded', chain });
  }

  /** Frames never come to the thread that this is done in, so that its state is the plugin's alone. */
  async #migrate({ chain, plugin, from, entries }: Extract<ToWorker, { kind: 'migrate' }>): Promise<void> {
    try {
      const found = this.#chains.get(chain)?.plugins[plugin];
      if (found === undefined) throw new Error(`chain ${chain} is not known here`);
      const now = Date.now();
      const store = new StateMemoryStore();
      store.apply(readWrites(new ByteReader(entries)), now);
      const out = new ByteWriter();
      writeWrites(out, await runMigration(found.plugin, { spec: found.spec, from, store, now }));
      const changes = new Uint8Array(out.view()).buffer;
      // Its log lines first: the thread ends with the answer.
      this.#flush();
      this.#options.post({ kind: 'migrated', changes });
    } catch (error) {
      this.#flush();
      this.#options.post({ kind: 'migration-failed', error: toPlainError(error) });
    }
  }

  #run(batch: ByteReader): Promise<void> | undefined {
    while (!batch.done) {
      const command = readCommand(batch);
      if (command.kind === 'frame') {
        const later = this.#frame(command);
        if (later !== undefined) {
          this.#flush();
          return later.then(() => this.#run(batch));
        }
      } else {
        this.#note(command);
      }
    }
    this.#flush();
    return undefined;
  }

  #frame(command: FrameCommand): Promise<void> | undefined {
    const chain = this.#chains.get(command.chain);
    const context = this.#contexts.get(command.connection);
    if (!chain || !context) throw new Error(`chain ${command.chain} or connection ${command.connection} is not known here`);
    if (this.#parked.size > 0 && this.#defers(command)) return undefined;
    const { supervision } = this.#options;
    const now = Date.now();
    supervision.progress.frame(command.sequence, command.chain);
    supervision.sequence = command.sequence;
    supervision.skips = command.skips;
    supervision.calls = command.traced ? [] : undefined;
    this.state.begin(context.id);
    const http = chain.http ? new HttpJournal(command.http ?? { startedAt: now, exchanges: [] }) : undefined;
    const run = chain.pipeline.run(command.hook, command.frame, context, now, http);
    if (run instanceof Promise) return run.then((result) => this.#finish(result, now, command, http));
    this.#finish(run, now, command, http);
    // What is in a recording is answered before the next frame may cost this thread: it would run, and be there, once more.
    if (chain.recorded) this.#flush();
    return undefined;
  }

  #finish({ outcome, writes }: PipelineResult, now: number, command: FrameCommand, http: HttpJournal | undefined): void {
    if (http?.waiting) {
      this.state.abandon(now);
      this.#park(command, http);
      return;
    }
    http?.settle();
    const growth = this.state.settle(writes, now);
    const { calls } = this.#options.supervision;
    if (calls !== undefined) writeTrace(this.#out, calls);
    writeResult(this.#out, { outcome, writes, now, growth }, command.frame);
    this.#waiting += 1;
    if (this.#waiting >= ANSWERS_AT_ONCE || now > this.#flushedAt) this.#flush();
  }

  #park({ connection, hook }: FrameCommand, { startedAt, asks }: HttpJournal): void {
    this.#parked.add(laneOf(connection, hook));
    writeWait(this.#out, { startedAt, asks });
    this.#flush();
  }

  #defers({ connection, hook, http }: FrameCommand): boolean {
    const lane = laneOf(connection, hook);
    if (http) this.#parked.delete(lane);
    if (!this.#parked.has(lane)) return false;
    writeDeferred(this.#out);
    return true;
  }

  #flush(): void {
    this.#flushedAt = Date.now();
    if (this.#out.length === 0) return;
    this.#waiting = 0;
    this.#options.answers(this.#out.view());
    this.#out.clear();
  }

  #note(command: Exclude<WorkerCommand, FrameCommand>): void {
    switch (command.kind) {
      case 'context':
        this.#contexts.set(command.context.handle, command.context);
        return;
      case 'state':
        this.state.apply(command.writes, command.now);
        return;
      case 'wipe':
        this.state.wipe(command.filter);
        if (command.answered) writeWiped(this.#out);
        return;
      case 'forget':
        this.#contexts.delete(command.connection);
        if (command.gone) wipeConnection(this.state, command.id);
        else this.state.wipe({ scope: 'connection', owner: command.id });
        return;
      case 'sweep':
        this.state.sweep(Date.now());
        return;
      case 'mark':
        writeWiped(this.#out);
    }
  }
}
