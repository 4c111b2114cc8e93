import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { TracedCall } from '../pipeline/outcome.js';
import type { StateFilter, StateKey, StateStore, StateWrite } from '../state/state-store.js';
import type { FaultCode } from '../verdict.js';
import { ByteReader, ByteWriter } from './byte-codec.js';
import type { ChainFrame } from './chain-frame.js';
import type { LogPlace } from './engine.js';
import { writeCommand } from './frame-codec.js';
import { HeldLanes, laneOf } from './held-lanes.js';
import type { HttpWait } from './http-codec.js';
import { InFlight, type InFlightWipe } from './in-flight.js';
import { type FrameResult, type PluginLog, readAnswer } from './outcome-codec.js';
import { domainId, type StateDomain } from './placement.js';
import type { StateChange } from './state-replica.js';

/** Where a batch goes: the one place that knows how bytes reach a worker. */
interface WorkerSink {
  /** Takes a copy. */
  commands(bytes: Uint8Array): void;
  /** Stays for a moment, in case that answers come at once. */
  linger(): void;
}

/** With more frames in flight than that the main thread has better things to do than to wait for their answers. */
const LINGER_FRAMES = 2;
/** A time at which nothing has expired. */
const EVER = 0;

export interface FrameDispatcherOptions {
  readonly state: StateStore;
  /** The thread that runs the frames now. */
  readonly sink: () => WorkerSink;
  /** Whether this worker is the one that has a memory which connections share. */
  readonly owns: (key: StateKey) => boolean;
  /** Takes what the thread that runs the frames now has changed, into the store too. */
  readonly changed: (change: StateChange) => void;
  /** The store has forgotten what had expired. */
  readonly refreshed: () => void;
  /** The store has these, expired, and this worker has not. */
  readonly outlived: (keys: readonly StateKey[]) => void;
  readonly log: (log: PluginLog, place: LogPlace | undefined) => void;
  /** A frame is on its way to the worker: from now on there is something to watch. */
  readonly sent: () => void;
}

/**
 * Keeps the books of one worker's frames: batches what is submitted in one tick, accepts results in order, and runs everything
 * without an accepted result again when another thread takes over. A frame's writes reach the state with its result or never.
 */
export class FrameDispatcher {
  readonly #options: FrameDispatcherOptions;
  readonly #inFlight = new InFlight<ChainFrame>();
  readonly #held = new HeldLanes<ChainFrame>(({ context, hook }) => laneOf(context.handle, hook));
  #submitted = 0;
  readonly #out = new ByteWriter();
  /** Versions of the contexts that the thread knows, by connection handle. */
  #known = new Map<number, number>();
  /** Memories that the thread has, as far as they belong here. */
  #primed = new Set<string>();
  /** Ids of the connections whose state it has. */
  readonly #residents = new Set<string>();
  #flushing: NodeJS.Immediate | undefined;

  constructor(options: FrameDispatcherOptions) {
    this.#options = options;
  }

  /** What the worker has not answered yet. */
  get size(): number {
    return this.#inFlight.size;
  }

  submit(frame: ChainFrame): void {
    frame.order = this.#submitted++;
    if (!this.#held.keeps(frame)) this.#send(frame);
  }

  /** This connection's frames come here from now on, and what is kept for it, by plugins too that may be swapped in later. */
  admit(context: ConnectionContext): void {
    this.#residents.add(context.id);
    const now = Date.now();
    const writes = this.#entries([{ scope: 'connection', owner: context.id }], now);
    if (writes.length > 0) writeCommand(this.#out, { kind: 'state', writes, now });
  }

  /** Its frames come here no longer; `gone`: nor to any other worker. None of them may be under way. */
  dismiss({ handle, id }: ConnectionContext, gone: boolean): void {
    this.#residents.delete(id);
    this.#known.delete(handle);
    writeCommand(this.#out, { kind: 'forget', connection: handle, id, gone });
    this.#flushSoon();
  }

  /** Whether it is this worker that has the memory. */
  has(key: StateKey): boolean {
    return key.scope === 'connection' ? this.#residents.has(key.owner) : this.#options.owns(key);
  }

  /** The worker forgets what has expired of its part, and the store with it. */
  sweep(): void {
    writeCommand(this.#out, { kind: 'sweep' });
    this.#flushSoon();
  }

  /** Forgets in the store what this worker has of it, if anything is named, behind all that is under way, which is done by the time of `done`. */
  wipe(filter: StateFilter | undefined, done: () => void): void {
    const entry: InFlightWipe = { kind: 'wipe', sequence: 0, filter, done };
    this.#inFlight.push(entry);
    this.#writeWipe(entry);
    this.#flushSoon();
  }

  /** Tells the thread of writes that are in the store already, behind all frames submitted so far. */
  write(writes: readonly StateWrite[], now: number): void {
    this.#give(
      writes.filter(({ key }) => this.has(key)),
      now,
    );
  }

  /** Takes a batch of answers from the thread that runs frames now. */
  accept(bytes: ArrayBuffer): void {
    const from = new ByteReader(bytes);
    let entry: ChainFrame | undefined;
    let calls: readonly TracedCall[] | undefined;
    const original = () => {
      const oldest = this.#inFlight.shift();
      if (oldest.kind !== 'frame') throw new RangeError('a worker has answered a frame where state was to be forgotten');
      entry = oldest;
      return oldest.frame;
    };
    while (!from.done) {
      const answer = readAnswer(from, original);
      if (answer.kind === 'log') this.#options.log(answer.log, this.#placeOf(answer.log));
      else if (answer.kind === 'trace') calls = answer.calls;
      else if (answer.kind === 'wiped') this.#wiped();
      else if (answer.kind === 'change') this.#changed(answer.change);
      else if (entry === undefined) continue;
      else if (answer.kind === 'result') {
        this.#settle(entry, calls === undefined ? answer.result : { ...answer.result, outcome: { ...answer.result.outcome, calls } });
        calls = undefined;
      } else if (answer.kind === 'wait') this.#wait(entry, answer.wait);
      // The worker holds a lane until the frame it waits for comes back, and this thread until that one has its result.
      else this.#held.keeps(entry);
    }
  }

  frame(sequence: number): ChainFrame | undefined {
    const entry = this.#inFlight.find(sequence);
    return entry?.kind === 'frame' ? entry : undefined;
  }

  /** From now on this plugin's call for this frame is skipped with that fault. */
  skip(entry: ChainFrame, plugin: number, fault: FaultCode): void {
    entry.skips = [...entry.skips, { plugin, fault }];
  }

  /** Gives the thread what belongs here of these memories, once: from then on its replica follows on its own. */
  prime(domains: Iterable<StateDomain>): void {
    const missing = [...domains].filter((domain) => !this.#primed.has(domainId(domain)));
    for (const domain of missing) this.#primed.add(domainId(domain));
    const now = Date.now();
    this.#give(this.#entries(missing, now), now);
  }

  /** The thread forgets these memories: nobody uses them any more, or another worker will. None of their frames may be under way. */
  unprime(domains: Iterable<StateDomain>): void {
    for (const domain of domains) {
      if (this.#primed.delete(domainId(domain))) writeCommand(this.#out, { kind: 'wipe', filter: domain, answered: false });
    }
    this.#flushSoon();
  }

  /** Gives a new thread these memories and those of its connections, then everything that has no answer, in order. It doesn't know which lanes the old one held. */
  replay(domains: Iterable<StateDomain>): void {
    this.#out.clear();
    this.#known = new Map();
    this.#primed = new Set();
    this.prime(domains);
    const now = Date.now();
    if (this.#residents.size > 0) this.#give(this.#entries([{ scope: 'connection' }], now), now);
    for (const entry of this.#inFlight.takeAll()) {
      if (entry.kind === 'frame' && this.#held.keeps(entry)) continue;
      this.#inFlight.push(entry);
      if (entry.kind === 'frame') this.#write(entry);
      else this.#writeWipe(entry);
    }
    this.#flush();
  }

  #send(entry: ChainFrame): void {
    this.#inFlight.push(entry);
    this.#write(entry);
    this.#flushSoon();
    this.#options.sent();
  }

  #wait(entry: ChainFrame, { startedAt, asks }: HttpWait): void {
    this.#held.hold(entry);
    void entry.version.http.send(asks).then((answers) => {
      entry.http = { startedAt, exchanges: [...(entry.http?.exchanges ?? []), ...answers] };
      this.#send(entry);
    });
  }

  #write({ version, context, hook, frame, sequence, skips: own, traced, http }: ChainFrame): void {
    const quarantined = version.skips();
    if (this.#known.get(context.handle) !== context.version) {
      this.#known.set(context.handle, context.version);
      writeCommand(this.#out, { kind: 'context', context });
    }
    const skips = quarantined.length === 0 ? own : [...own, ...quarantined];
    writeCommand(this.#out, { kind: 'frame', sequence, chain: version.id, connection: context.handle, hook, frame, skips, traced, http });
  }

  /** Lines come before the result of the frame that they are about; those of a set-up are about none. */
  #placeOf({ connection }: PluginLog): LogPlace | undefined {
    const oldest = this.#inFlight.first;
    if (oldest?.kind !== 'frame' || oldest.context.id !== connection) return undefined;
    const { hook, context, attachment } = oldest;
    const settled = attachment.client.settledCount?.(hook);
    return { route: context.route, hook, ...(settled === undefined ? {} : { frame: settled + 1 }) };
  }

  #writeWipe({ filter }: InFlightWipe): void {
    writeCommand(this.#out, filter === undefined ? { kind: 'mark' } : { kind: 'wipe', filter, answered: true });
  }

  #settle(entry: ChainFrame, result: FrameResult): void {
    const { outcome, writes, growth } = result;
    if (writes.length > 0 || growth.length > 0) this.#options.changed(result);
    // before anything that the client submits when it is told
    for (const follower of this.#held.release(entry)) this.#send(follower);
    try {
      entry.attachment.chain.settle(entry, outcome);
    } catch (error) {
      // A caller's bug must not take the results behind it along; it is thrown where it can't be overlooked.
      process.nextTick(() => {
        throw error;
      });
    }
  }

  /** What has expired here. A connection that has gone elsewhere meanwhile may have written it anew. */
  #changed(change: StateChange): void {
    const isGone = ({ key }: StateWrite) => this.has(key) && this.#options.state.get(key, change.now) === undefined;
    this.#options.changed({ ...change, writes: change.writes.filter(isGone) });
    this.#options.refreshed();
  }

  #wiped(): void {
    const entry = this.#inFlight.shift();
    if (entry.kind !== 'wipe') throw new RangeError('a worker says that it has forgotten state, where a frame was to be answered');
    const deletes: StateWrite[] = [];
    const named = entry.filter === undefined ? [] : this.#options.state.entries(entry.filter, EVER);
    for (const [key] of named) if (this.has(key)) deletes.push({ kind: 'delete', key });
    this.#options.state.apply(deletes, Date.now());
    entry.done();
  }

  /** What the store has for this worker of what the filters name. What has expired is not given. */
  #entries(filters: readonly StateFilter[], now: number): StateWrite[] {
    const writes: StateWrite[] = [];
    const expired: StateKey[] = [];
    for (const filter of filters) {
      for (const [key, { value, expiresAt }] of this.#options.state.entries(filter, EVER)) {
        if (!this.has(key)) continue;
        if (expiresAt === 0 || expiresAt > now) writes.push({ kind: 'set', key, value, expiresAt });
        else expired.push(key);
      }
    }
    if (expired.length > 0) this.#options.outlived(expired);
    return writes;
  }

  /** Behind what is in the batch, but in a buffer of its own: all of the state would stay in the one that is reused. */
  #give(writes: readonly StateWrite[], now: number): void {
    if (writes.length === 0) return;
    this.#flush();
    const out = new ByteWriter();
    writeCommand(out, { kind: 'state', writes, now });
    this.#options.sink().commands(out.view());
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
