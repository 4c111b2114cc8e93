import type { PluginGuards } from '@framegate/sdk/abi';
import type { StateFilter, StateKey, StateStore, StateWrite } from '../state/state-store.js';
import type { Attachment, ChainFrame } from './chain-frame.js';
import type { ChainVersion } from './chain-version.js';
import type { LogPlace, StateMigration, SwapOptions } from './engine.js';
import { MigrationThread } from './migration/migration-thread.js';
import { type MigrationPlan, type MigrationResult, Migrator, migrationsOf, refuseCanary } from './migration/migrator.js';
import { migrationFailed } from './migration/run-migration.js';
import { type PluginLog, readLogs } from './outcome-codec.js';
import { mayRunOn, Placement } from './placement.js';
import { spread } from './shard.js';
import type { QuotaMemory } from './state-quota.js';
import { StateQuotas } from './state-quotas.js';
import type { RehearsalOptions } from './wasm/instantiate-plugin.js';
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

interface PlaceOptions extends SwapOptions {
  /** It runs beside the chain's own version: the state stays that one's. */
  readonly canary?: boolean;
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
  readonly #migrator: Migrator;
  readonly #pool: WorkerPool;
  readonly #slots: readonly WorkerSlot[];
  readonly #running = new Map<number, Running>();
  readonly #log: WorkerSetEvents['log'];
  #lookEveryMs = Number.POSITIVE_INFINITY;
  /** The last change of what runs where: they happen one after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerSetOptions, events: WorkerSetEvents) {
    this.#state = options.state;
    this.#log = events.log;
    this.#quotas = new StateQuotas(options.state, options.workers);
    this.#placement = new Placement(options.workers);
    this.#migrator = new Migrator(options.state);
    this.#pool = new WorkerPool(
      { ...options, quotas: this.#quotas },
      {
        started: ({ id }) => events.started(id),
        answers: (thread, bytes) => {
          const slot = this.#slotOf(thread);
          if (slot !== undefined) slot.accept(bytes);
          else for (const log of readLogs(bytes)) events.log(log, undefined);
        },
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

  /**
   * Loads and rehearses a chain in one thread, where it delays nobody; gives each plugin's guards, and logs what did not finish in time. Rejects with a
   * HostError, or with WorkerGone if the thread ended.
   */
  async try(definition: ChainDefinition, rehearsal: RehearsalOptions): Promise<readonly PluginGuards[]> {
    const idle = this.#running.size === 0 ? this.#slots[0]?.thread : undefined;
    const thread = this.#pool.standby ?? idle;
    const { guards, unfinished } = await (thread === undefined
      ? this.#pool.tryApart(definition, rehearsal)
      : thread.load(definition, rehearsal));
    for (const log of unfinished) this.#log(log, undefined);
    return guards;
  }

  /**
   * Loads a chain wherever it may run, gives it its place among the others, and migrates its plugins' state. Chains which that moves or whose state is
   * concerned finish their frames first. Gives what was migrated. Rejects with a HostError, having changed nothing.
   */
  place(
    definition: ChainDefinition,
    running: Running,
    { undoOnly = false, canary = false }: PlaceOptions = {},
  ): Promise<readonly StateMigration[]> {
    return this.#inTurn(async () => {
      if (canary) refuseCanary(this.#migrator.plan(definition.plugins, false));
      const plan = this.#placement.plan(
        definition.chain,
        definition.plugins.map(({ spec }) => spec),
      );
      // Once each, though several of its versions may have frames under way.
      const moved = new Set(plan.moved.flatMap((id) => this.#running.get(id)?.chain ?? []));
      const needed = [...plan.moved.flatMap((id) => this.#pool.definition(id) ?? []), definition];
      this.#pool.add(definition);
      const migration = this.#migrator.plan(canary ? [] : definition.plugins, undoOnly);
      const { concerned } = migration;
      const held = new Set([...moved, ...this.#chainsWith(concerned)]);
      let result: MigrationResult;
      let thread: MigrationThread | undefined;
      let heldAt = 0;
      try {
        const slots = this.#slots.filter((_, worker) => mayRunOn(plan.partition, worker));
        await Promise.all(slots.flatMap((slot) => needed.map((chain) => slot.load(chain))));
        if (migration.asked.length > 0) thread = await MigrationThread.start(this.#pool, definition, migration.asked);
        heldAt = performance.now();
        await this.#hold(held, concerned.size > 0 ? migration : undefined);
        const leftMs = () => Math.max(1, migration.maxWaitMs - (performance.now() - heldAt));
        result = await this.#migrator.run(migration, async (plugin, from) => thread?.migrate(plugin, from, this.#state, leftMs()) ?? []);
      } catch (error) {
        for (const chain of held) chain.release();
        await this.#pool.remove(definition.chain);
        throw error;
      } finally {
        thread?.end();
      }
      for (const chain of moved) for (const attachment of chain.attachments) this.#dismiss(attachment);
      const domains = [...plan.group.domains.values()];
      if (moved.size > 0) for (const slot of this.#slots) slot.dispatcher.unprime(domains);
      this.#migrator.commit(migration, result);
      if (result.writes.length > 0) this.#quotas.refresh();
      this.#placement.commit(plan);
      this.#running.set(definition.chain, running);
      for (const [worker, slot] of this.#slots.entries()) {
        if (!mayRunOn(plan.partition, worker)) continue;
        // A thread that has taken over in the meantime did not know.
        for (const chain of needed) this.#pool.load(slot.thread, chain);
        slot.dispatcher.prime(domains);
      }
      if (result.writes.length > 0) for (const slot of this.#slots) slot.dispatcher.write(result.writes, Date.now());
      // Its frames that waited were submitted before the swap, but what the old plugins could read is no more.
      const isTaken = concerned.size > 0;
      for (const chain of held) chain.release(isTaken && chain === running.chain ? running.version : undefined);
      this.#updateInterval();
      return migrationsOf(result, held.size === 0 ? 0 : performance.now() - heldAt);
    });
  }

  /** Resolves when nothing of these chains is under way. Rejects if a migration can't wait for that any longer. */
  async #hold(chains: ReadonlySet<WorkerChain>, migration: MigrationPlan | undefined): Promise<void> {
    const quiet = Promise.all([...chains].map((chain) => chain.hold()));
    const [first] = migration?.steps ?? [];
    if (migration === undefined || first === undefined) {
      await quiet;
      return;
    }
    const { maxWaitMs } = migration;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = `the frames before it did not end within limits.migrateMs (${maxWaitMs} ms); the longest wait for HTTP answers as a rule`;
      timer = setTimeout(
        () => reject(migrationFailed(first.spec, first.step.from, why, 'Load it again, or raise limits.migrateMs.')),
        maxWaitMs,
      );
    });
    await Promise.race([quiet, late]).finally(() => clearTimeout(timer));
  }

  #chainsWith(plugins: ReadonlySet<string>): WorkerChain[] {
    return [...this.#running.values()].flatMap(({ chain, version }) => (version.names.some((name) => plugins.has(name)) ? [chain] : []));
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
    this.#migrator.wiped(filter);
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
    const forget = () => {
      for (const filter of wipeConnection(this.#state, id)) this.#migrator.wiped(filter);
    };
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

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => {});
    return done;
  }

  #updateInterval(): void {
    const deadlines = [...this.#running.values()].flatMap(({ version }) => version.plugins.map((plugin) => plugin.limits.deadlineMs));
    this.#lookEveryMs = Math.max(1, Math.min(...deadlines, 60_000) / 4);
  }
}
