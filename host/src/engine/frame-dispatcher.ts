import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { StateStore, StateWrite } from '../state/state-store.js';
import type { FaultCode } from '../verdict.js';
import { ByteReader, ByteWriter } from './byte-codec.js';
import { writeCommand } from './frame-codec.js';
import { InFlight, type InFlightFrame, NO_SKIPS } from './in-flight.js';
import { type FrameResult, type PluginLog, readAnswer, writeWrites } from './outcome-codec.js';
import { wipeConnection } from './wipe-connection.js';
import type { Attachment } from './worker-chain.js';

/** Where a batch goes: the one place that knows how bytes reach a worker. */
interface WorkerSink {
  /** Takes the buffer away. */
  state(bytes: ArrayBuffer, now: number): void;
  /** Takes a copy. */
  commands(bytes: Uint8Array): void;
  /** Stays for a moment, in case that answers come at once. */
  linger(): void;
}

/** With more frames in flight than that the main thread has better things to do than to wait for their answers. */
const LINGER_FRAMES = 2;

export interface FrameDispatcherOptions {
  readonly state: StateStore;
  /** The worker that runs frames now. */
  readonly sink: () => WorkerSink;
  readonly log: (log: PluginLog) => void;
}

/**
 * Keeps the books of the frames under way: batches what is submitted in one tick, accepts results in order, and runs everything
 * without an accepted result again when another worker takes over. A frame's writes reach the state with its result or never.
 */
export class FrameDispatcher {
  readonly #options: FrameDispatcherOptions;
  readonly #inFlight = new InFlight<Attachment>();
  readonly #out = new ByteWriter();
  /** Versions of the contexts that the worker knows, by connection handle. */
  #known = new Map<number, number>();
  /** Plugins whose state the worker has. */
  #primed = new Set<string>();
  #flushing: NodeJS.Immediate | undefined;

  constructor(options: FrameDispatcherOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#inFlight.size;
  }

  submit(owner: Attachment, hook: Hook, frame: Frame): void {
    const { context } = owner.client;
    const entry: InFlightFrame<Attachment> = { sequence: 0, owner, hook, frame, context, skips: NO_SKIPS, deaths: 0 };
    this.#inFlight.push(entry);
    this.#write(entry);
    this.#flushSoon();
  }

  /** The client's last frame has settled: nobody needs its context or its connection's state any more. */
  forget({ chain, client }: Attachment): void {
    const { handle, id } = client.context;
    wipeConnection(
      this.#options.state,
      chain.plugins.map((plugin) => plugin.name),
      id,
    );
    if (!this.#known.delete(handle)) return;
    writeCommand(this.#out, { kind: 'detach', chain: chain.id, connection: handle, id });
    this.#flushSoon();
  }

  /** Takes a batch of answers from the worker that runs frames now. */
  accept(bytes: ArrayBuffer): void {
    const from = new ByteReader(bytes);
    let entry: InFlightFrame<Attachment> | undefined;
    const original = () => {
      entry = this.#inFlight.shift();
      return entry.frame;
    };
    while (!from.done) {
      const answer = readAnswer(from, original);
      if (answer.kind === 'log') this.#options.log(answer.log);
      else if (entry) this.#settle(entry, answer.result);
    }
  }

  frame(sequence: number): InFlightFrame<Attachment> | undefined {
    return this.#inFlight.find(sequence);
  }

  /** From now on this plugin's call for this frame is skipped with that fault. */
  skip(entry: InFlightFrame<Attachment>, plugin: number, fault: FaultCode): void {
    entry.skips = [...entry.skips, { plugin, fault }];
  }

  /** Gives the worker what the store has of these plugins, once: from then on its replica follows on its own. */
  prime(plugins: Iterable<string>): void {
    const now = Date.now();
    const writes: StateWrite[] = [];
    for (const plugin of plugins) {
      if (this.#primed.has(plugin)) continue;
      this.#primed.add(plugin);
      for (const [key, { value, expiresAt }] of this.#options.state.entries({ plugin }, now)) {
        writes.push({ kind: 'set', key, value, expiresAt });
      }
    }
    if (writes.length === 0) return;
    const out = new ByteWriter();
    writeWrites(out, writes);
    this.#options.sink().state(out.take(), now);
  }

  /** Gives a new worker the state of these plugins, then every frame in flight, in order. */
  replay(plugins: Iterable<string>): void {
    this.#out.clear();
    this.#known = new Map();
    this.#primed = new Set();
    this.prime(plugins);
    for (const entry of this.#inFlight) this.#write(entry);
    this.#flush();
  }

  #write(entry: InFlightFrame<Attachment>): void {
    const { owner, context, hook, frame, sequence } = entry;
    const quarantined = owner.chain.skips();
    if (this.#known.get(context.handle) !== context.version) {
      this.#known.set(context.handle, context.version);
      writeCommand(this.#out, { kind: 'context', context });
    }
    const skips = quarantined.length === 0 ? entry.skips : [...entry.skips, ...quarantined];
    writeCommand(this.#out, { kind: 'frame', sequence, chain: owner.chain.id, connection: context.handle, hook, frame, skips });
  }

  #settle(entry: InFlightFrame<Attachment>, { outcome, writes, now }: FrameResult): void {
    if (writes.length > 0) this.#options.state.apply(writes, now);
    try {
      entry.owner.chain.settle(entry.owner, entry.hook, entry.frame, outcome);
    } catch (error) {
      // A caller's bug must not take the results behind it along; it is thrown where it can't be overlooked.
      process.nextTick(() => {
        throw error;
      });
    }
  }

  #flushSoon(): void {
    // After the poll phase: everything that this tick's sockets have brought travels in one batch.
    this.#flushing ??= setImmediate(() => {
      this.#flush();
      if (this.#inFlight.size > 0 && this.#inFlight.size <= LINGER_FRAMES) this.#options.sink().linger();
    });
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#out.length === 0) return;
    this.#options.sink().commands(this.#out.view());
    this.#out.clear();
  }
}
