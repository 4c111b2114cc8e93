import type { StateFilter, StateStore, StateWrite } from '../../state/state-store.js';
import type { PluginSpec, StateMigration } from '../engine.js';
import type { PreparedPlugin } from '../wasm/instantiate-plugin.js';
import { migrateMsOf, undoBytesOf } from './migration-limits.js';
import { migrationFailed } from './run-migration.js';
import { type LedgerStep, StateLedger } from './state-ledger.js';
import { covers, UndoLog } from './undo-log.js';

/** Has the plugin of this number migrate the store's state. Rejects with PLUGIN_MIGRATION_FAILED; what it resolves with is not applied. */
export type MigrationRunner = (plugin: number, from: string) => Promise<readonly StateWrite[]>;

interface PlannedStep {
  /** Which of the chain's plugins it is. */
  readonly index: number;
  readonly spec: PluginSpec;
  readonly step: LedgerStep;
}

/** What changes of version mean for the plugins' state: one for an engine, used by one change after the other. */
export class Migrator {
  readonly #state: StateStore;
  readonly #ledger = new StateLedger();
  /** What was forgotten while a migration runs, which must not come back with it; none: no migration runs. */
  #wiped: StateFilter[] | undefined;

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** What these plugins need before they run. `undoOnly`: no guest is asked; where there is no way back the state stays as it is. */
  plan(plugins: readonly Pick<PreparedPlugin, 'spec' | 'checked'>[], undoOnly: boolean): MigrationPlan {
    const steps = plugins.flatMap(({ spec, checked }, index): PlannedStep[] => {
      const step = this.#ledger.step(spec, checked.migrates && !undoOnly);
      return step === undefined ? [] : [{ index, spec, step }];
    });
    return new MigrationPlan(
      plugins.map(({ spec }) => spec),
      steps,
    );
  }

  /** Computes what the plan changes. No frame of a plugin whose state is concerned may be under way. Rejects with PLUGIN_MIGRATION_FAILED. */
  async run(plan: MigrationPlan, runner: MigrationRunner): Promise<MigrationResult> {
    const taken: TakenStep[] = [];
    this.#wiped = [];
    try {
      for (const planned of plan.steps) taken.push(await this.#take(planned, runner));
      const wiped = this.#wiped;
      const isLeft = ({ key }: StateWrite) => !wiped.some((filter) => covers(filter, key));
      for (const { log } of taken) for (const filter of wiped) log?.forget(filter);
      return { taken, writes: taken.flatMap(({ writes }) => writes.filter(isLeft)) };
    } finally {
      this.#wiped = undefined;
    }
  }

  /** Applies it, and remembers which version's form the state has now. */
  commit(plan: MigrationPlan, { taken, writes }: MigrationResult): void {
    this.#state.apply(writes, Date.now());
    for (const { planned, log } of taken) this.#ledger.take(planned.step, log, undoBytesOf(planned.spec.limits));
    for (const spec of plan.plugins) this.#ledger.begin(spec);
  }

  /** State was forgotten. */
  wiped(filter: StateFilter): void {
    this.#ledger.forget(filter);
    this.#wiped?.push(filter);
  }

  async #take(planned: PlannedStep, runner: MigrationRunner): Promise<TakenStep> {
    const { index, spec, step } = planned;
    const { name, from, to } = step;
    const began = performance.now();
    if (step.kind === 'keep') return { planned, writes: [], log: new UndoLog(name, from, to, [], this.#state, Date.now()) };
    if (step.kind === 'restore') {
      const now = Date.now();
      const seen = new Set<string>();
      const back = step.logs.map((log) => log.restore(name, this.#state, now, seen));
      const writes = back.flatMap((restoration) => restoration.writes);
      const sum = (count: (restoration: (typeof back)[number]) => number) => back.reduce((total, one) => total + count(one), 0);
      const counts = { entries: seen.size, overwritten: sum(({ overwritten }) => overwritten), removed: sum(({ removed }) => removed) };
      const report = { kind: 'restored', plugin: name, from, to, ...counts, undoBytes: 0, ms: performance.now() - began } as const;
      return { planned, writes, log: undefined, ...(step.logs.some(({ bytes }) => bytes > 0) && { report }) };
    }
    const isEmpty = this.#state.bytes(name) === 0;
    const writes = isEmpty ? [] : await runner(index, from);
    const log = this.#undoLog(spec, step, writes);
    const counts = { entries: writes.length, overwritten: 0, removed: 0, undoBytes: log?.bytes ?? 0 };
    const report = { kind: 'migrated', plugin: name, from, to, ...counts, ms: performance.now() - began } as const;
    return { planned, writes, log, ...(!isEmpty && { report }) };
  }

  #undoLog(spec: PluginSpec, { name, from, to }: LedgerStep, writes: readonly StateWrite[]): UndoLog | undefined {
    const maxBytes = undoBytesOf(spec.limits);
    if (maxBytes === 0) return undefined;
    const log = new UndoLog(name, from, to, writes, this.#state, Date.now());
    if (log.bytes <= maxBytes) return log;
    throw migrationFailed(
      spec,
      from,
      `to take back what it changes ${log.bytes} bytes would have to be kept, and limits.migrateUndoBytes is ${maxBytes}`,
      'Raise limits.migrateUndoBytes, or set it to 0: then it can’t be taken back.',
    );
  }
}

interface TakenStep {
  readonly planned: PlannedStep;
  readonly writes: readonly StateWrite[];
  readonly log: UndoLog | undefined;
  readonly report?: Omit<StateMigration, 'waitedMs'>;
}

export interface MigrationResult {
  readonly taken: readonly TakenStep[];
  readonly writes: readonly StateWrite[];
}

/** Throws PLUGIN_MIGRATION_FAILED if plugins that are to run beside others, on the same state, would have to migrate it. */
export function refuseCanary({ steps }: MigrationPlan): void {
  const found = steps.find(({ step }) => changesState(step));
  if (found === undefined) return;
  const why = 'it would run on a share of the connections beside that version, and they share the state';
  throw migrationFailed(found.spec, found.step.from, why, 'Load it for all connections: a rollback takes back what it migrates.');
}

/** A way back may be one on which nothing had changed. */
function changesState(step: LedgerStep): boolean {
  return step.kind === 'migrate' || (step.kind === 'restore' && step.logs.some(({ bytes }) => bytes > 0));
}

/** For whoever asked for it. `waitedMs`: for how long frames were held back. */
export function migrationsOf({ taken }: MigrationResult, waitedMs: number): readonly StateMigration[] {
  return taken.flatMap(({ report }) => (report === undefined ? [] : [{ ...report, waitedMs }]));
}

/** What a chain's plugins need before they run. */
export class MigrationPlan {
  readonly plugins: readonly PluginSpec[];
  readonly steps: readonly PlannedStep[];

  constructor(plugins: readonly PluginSpec[], steps: readonly PlannedStep[]) {
    this.plugins = plugins;
    this.steps = steps;
  }

  /** Plugins whose state may change: none of their frames may be under way then, on any route. */
  get concerned(): ReadonlySet<string> {
    return new Set(this.steps.filter(({ step }) => changesState(step)).map(({ spec }) => spec.name));
  }

  /** Those that have to be asked, by number. */
  get asked(): readonly number[] {
    return this.steps.flatMap(({ step, index }) => (step.kind === 'migrate' ? [index] : []));
  }

  /** Milliseconds that frames wait at most before it is given up. */
  get maxWaitMs(): number {
    return Math.max(...this.steps.map(({ spec }) => migrateMsOf(spec.limits)));
  }
}
