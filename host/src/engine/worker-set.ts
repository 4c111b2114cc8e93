import type { PluginGuards } from '@framegate/sdk/abi';
import type { StateFilter, StateKey, StateStore, StateWrite } from '../state/state-store.js';
import type { Attachment, ChainFrame } from './chain-frame.js';
import type { ChainVersion } from './chain-version.js';
import type { LogPlace } from './engine.js';
import type { PluginLog } from './outcome-codec.js';
import { mayRunOn, Placement } from './placement.js';
import { spread } from './shard.js';
import type { QuotaMemory } from './state-quota.js';
import { StateQuotas } from './state-quotas.js';
import { wipeConnection } from './wipe-connection.js';
import type { WorkerChain } from './worker-chain.js';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
import type { ChainDefinition } from './worker-protocol.js';
import { WorkerSlot } from './worker-slot.js';
import type { WorkerThread } from './worker-thread.js';

export interface WorkerSetOptions extends Omit<WorkerPoolOptions, 'quotas'> {
  /** How many run frames. */
  readonly workers: number;
  readonly state: StateStore;
}

export interface WorkerSetEvents {
  readonly started: (worker: number) => void;
  readonly killed: (worker: number, plugin: string, ranMs: number) => void;
  readonly died: (worker: number, message: string) => void;
  readonly log: (log: PluginLog, place: LogPlace | undefined) => void;
}

/** A version of a chain that may have frames under way. */
interface Running {
  readonly chain: WorkerChain;
  readonly version: ChainVersion;
}

/** A time at which nothing has expired. */
const EVER = 0;

/**
 * The workers together: which of them has which frames and whose state. Whatever moves from one to another first finishes what is
 * under way in the old, so that a memory is in one worker at a time and a connection's frames stay in order.
 */
export class WorkerSet {
  readonly #state: StateStore;
  readonly #quotas: StateQuotas;
  readonly #placement: Placement;
  readonly #pool: WorkerPool;
  readonly #slots: readonly WorkerSlot[];
  readonly #running = new Map<number, Running>();
  #lookEveryMs = Number.POSITIVE_INFINITY;
  /** The last change of what runs where: they happen one after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerSetOptions, events: WorkerSetEvents) {
    this.#state = options.state;
    this.#quotas = new StateQuotas(options.state, options.workers);
    this.#placement = new Placement(options.workers);
    this.#pool = new WorkerPool(
      { ...options, quotas: this.#quotas },
      {
        started: ({ id }) => events.started(id),
        answers: (thread, bytes) => this.#slotOf(thread)?.accept(bytes),
        lost: (thread, { message, ...death }) => {
          this.#slotOf(thread)?.lost({ message, ...death });
          events.died(thread.id, message);
        },
      },
    );
    this.#slots = Array.from({ length: options.workers }, (_, worker) => this.#makeSlot(worker, events));
    this.#pool.fillUp();
  }

  /** The bytes that plugins of this name may keep, whichever workers they run in. */
  quota(plugin: string): QuotaMemory {
    return this.#quotas.of(plugin);
  }

  /** Loads a chain in one thread, where it delays nobody; gives each plugin's guards. Rejects with a HostError, or with WorkerGone if the thread ended. */
  async try(definition: ChainDefinition): Promise<readonly PluginGuards[]> {
    const idle = this.#running.size === 0 ? this.#slots[0]?.thread : undefined;
    const thread = this.#pool.standby ?? idle;
    return thread === undefined ? this.#pool.tryApart(definition) : thread.load(definition);
  }

  /** Loads a chain wherever it may run and gives it its place among the others. Chains which that moves finish their frames first. */
  place(definition: ChainDefinition, running: Running): Promise<void> {
    return this.#inTurn(async () => {
      const plan = this.#placement.plan(
        definition.chain,
        definition.plugins.map(({ spec }) => spec),
      );
      // Once each, though several of its versions may have frames under way.
      const moved = new Set(plan.moved.flatMap((id) => this.#running.get(id)?.chain ?? []));
      const needed = [...plan.moved.flatMap((id) => this.#pool.definition(id) ?? []), definition];
      this.#pool.add(definition);
      try {
        const slots = this.#slots.filter((_, worker) => mayRunOn(plan.partition, worker));
        await Promise.all(slots.flatMap((slot) => needed.map((chain) => slot.load(chain))));
      } catch (error) {
        await this.#pool.remove(definition.chain);
        throw error;
      }
      await Promise.all([...moved].map((chain) => chain.hold()));
      for (const chain of moved) for (const attachment of chain.attachments) this.#dismiss(attachment);
      const domains = [...plan.group.domains.values()];
      if (moved.size > 0) for (const slot of this.#slots) slot.dispatcher.unprime(domains);
      this.#placement.commit(plan);
      this.#running.set(definition.chain, running);
      for (const [worker, slot] of this.#slots.entries()) {
        if (!mayRunOn(plan.partition, worker)) continue;
        // A thread that has taken over in the meantime did not know.
        for (const chain of needed) this.#pool.load(slot.thread, chain);
        slot.dispatcher.prime(domains);
      }
      for (const chain of moved) chain.release();
      this.#updateInterval();
    });
  }

  /** Resolves when nobody has an instance of it any more. None of its frames may be under way. */
  remove(id: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#running.delete(id);
      this.#updateInterval();
      const unused = [...this.#placement.remove(id)];
      for (const slot of this.#slots) slot.dispatcher.unprime(unused);
      await this.#pool.remove(id);
    });
  }

  /** Gives a frame to its worker. False, and nothing done, if another one has frames of this connection. */
  start(frame: ChainFrame): boolean {
    const { attachment, version, context } = frame;
    const worker = this.#placement.workerFor(this.#placement.partition(version.id), context);
    const slot = this.#slot(worker);
    if (attachment.worker !== worker) {
      if (attachment.running > 0) return false;
      this.#dismiss(attachment);
      attachment.worker = worker;
      slot.dispatcher.admit(context);
    }
    attachment.running += 1;
    slot.dispatcher.submit(frame);
    return true;
  }

  /** A client has gone and none of its frames is under way: nobody needs its context or its connection's state any more. */
  forget({ client, worker }: Attachment): void {
    const { context } = client;
    this.#forgetConnection(context.id);
    if (worker === undefined) return;
    this.#slot(worker).dispatcher.dismiss(context, true);
    // What it had as a user of its own, before it got a name.
    const asUser = spread(context.id, this.#slots.length);
    if (context.user !== undefined && asUser !== worker) this.#slot(asUser).dispatcher.dismiss(context, true);
  }

  wipe(filter: StateFilter): number {
    return this.#forget(() => this.#state.wipe(filter), filter);
  }

  /** A worker that has the memory sweeps it, between two frames, so that both copies of it always have the same. */
  sweep(now: number): void {
    const sweepers = new Set<WorkerSlot>();
    const nobodys: StateKey[] = [];
    for (const key of this.#state.expired(now)) {
      const slot = this.#slots.find(({ dispatcher }) => dispatcher.has(key));
      if (slot === undefined) nobodys.push(key);
      else sweepers.add(slot);
    }
    if (nobodys.length > 0) this.#outlived(nobodys);
    for (const { dispatcher } of sweepers) dispatcher.sweep();
  }

  /** Writes into the store, and into the threads that have these memories. */
  write(writes: readonly StateWrite[]): void {
    const now = Date.now();
    this.#state.apply(writes, now);
    this.#quotas.refresh();
    for (const slot of this.#slots) slot.dispatcher.write(writes, now);
  }

  /** Resolves when every thread has ended. */
  async close(): Promise<void> {
    for (const slot of this.#slots) slot.stop();
    await this.#pool.close();
  }

  /** Forgets those that have expired, and that no frame under way has to do with. */
  #outlived(keys: readonly StateKey[]): void {
    const deletes = keys.map((key): StateWrite => ({ kind: 'delete', key }));
    this.#state.apply(deletes, Date.now());
    this.#quotas.refresh();
  }

  #forgetConnection(id: string): void {
    const forget = () => wipeConnection(this.#state, id);
    // As a user of its own it shares the scope with others, whose frames may be making room there of what has expired.
    const shared = [...this.#state.entries({ scope: 'user', owner: id }, EVER)].some(([, { expiresAt }]) => expiresAt !== 0);
    if (shared) {
      this.#forget(forget, undefined);
    } else {
      forget();
      this.#quotas.refresh();
    }
  }

  /** The workers forget what is named, too. */
  #forget<T>(forget: () => T, filter: StateFilter | undefined): T {
    const { result, settled } = this.#quotas.forgetting(forget);
    let left = this.#slots.length;
    for (const slot of this.#slots) {
      slot.dispatcher.wipe(filter, () => {
        left -= 1;
        if (left === 0) settled();
      });
    }
    return result;
  }

  #makeSlot(worker: number, { killed, log }: WorkerSetEvents): WorkerSlot {
    return new WorkerSlot({
      worker,
      pool: this.#pool,
      quotas: this.#quotas,
      state: this.#state,
      outlived: (keys) => this.#outlived(keys),
      owns: (key) => this.#placement.ownerOf(key) === worker,
      needs: (chain) => this.#placement.runsOn(chain, worker),
      domains: () => this.#placement.domains(),
      version: (chain) => this.#running.get(chain)?.version,
      lookEveryMs: () => this.#lookEveryMs,
      log,
      killed: ({ id }, plugin, ranMs) => killed(id, plugin, ranMs),
    });
  }

  #slot(worker: number): WorkerSlot {
    const slot = this.#slots[worker];
    if (slot === undefined) throw new RangeError(`there is no worker ${worker}`);
    return slot;
  }

  #slotOf(thread: WorkerThread): WorkerSlot | undefined {
    return this.#slots.find((slot) => slot.thread === thread);
  }

  #dismiss(attachment: Attachment): void {
    if (attachment.worker !== undefined) this.#slot(attachment.worker).dispatcher.dismiss(attachment.client.context, false);
    attachment.worker = undefined;
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => {});
    return done;
  }

  #updateInterval(): void {
    const deadlines = [...this.#running.values()].flatMap(({ version }) => version.plugins.map((plugin) => plugin.limits.deadlineMs));
    this.#lookEveryMs = Math.max(1, Math.min(...deadlines, 60_000) / 4);
  }
}
