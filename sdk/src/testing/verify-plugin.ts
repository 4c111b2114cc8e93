import {
  type ConnectionContext,
  type Frame,
  HostError,
  instantiatePlugin,
  MigrationState,
  type PluginSpec,
  type RecordedOutcome,
  recordOutcome,
  SeededSource,
  StateMemoryStore,
  StateTransaction,
} from '@framegate/host';
import type { Hook } from '@framegate/sdk/abi';
import { readPluginSpec, type SpecOptions } from './plugin-spec.js';
import { testContext } from './test-client.js';
import { type VerifyInput, verifyInputs } from './verify-inputs.js';

/** How a plugin is checked: its configuration and limits, and for how many calls. */
export interface VerifyOptions extends SpecOptions {
  /** Calls that guest memory is watched over. Default 2000. */
  readonly calls?: number;
}

/** `warn`: it runs, but an author will want to know. */
export interface VerifyCheck {
  readonly group: 'module' | 'inputs' | 'limits' | 'migration' | 'determinism' | 'memory';
  readonly name: string;
  readonly status: 'pass' | 'warn' | 'fail';
  /** Why it is not a pass. */
  readonly detail?: string;
}

/** What the checks found, in their order. */
export interface VerifyReport {
  readonly file: string;
  readonly name: string;
  readonly version?: string;
  readonly abi: 'framegate' | 'otoroshi';
  readonly hooks: readonly Hook[];
  readonly checks: readonly VerifyCheck[];
  /** No check failed. */
  readonly ok: boolean;
}

type RunningPlugin = Awaited<ReturnType<typeof instantiatePlugin>>;

const CALLS = 2_000;
const NOW = Date.UTC(2026, 0, 1);
const PAGE_BYTES = 65_536;
/** A page in so many calls is a leak; a few pages in all are garbage that is not collected yet. */
const CALLS_PER_PAGE = 100;
const EVENT: Frame = { kind: 'text', payload: new Uint8Array(0) };

/**
 * Runs any plugin, in whatever language and of either ABI, against what a host will ask of it. What the plugin does wrong is in the
 * report; a file that is no module, and a config that its schema refuses, too.
 */
export async function verifyPlugin(file: string | URL, options: VerifyOptions = {}): Promise<VerifyReport> {
  const checks: VerifyCheck[] = [];
  let spec: PluginSpec;
  let hooks: readonly Hook[];
  try {
    spec = await readPluginSpec(file, options);
    const plugin = await open(spec);
    hooks = [...plugin.hooks];
    await plugin.dispose();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    checks.push({ group: 'module', name: 'loads and starts', status: 'fail', detail: `${error.code}: ${error.message}` });
    return { file: String(file), name: 'plugin', abi: 'framegate', hooks: [], checks, ok: false };
  }
  checks.push({ group: 'module', name: 'loads and starts', status: 'pass' }, ...(await inputChecks(spec, hooks)));
  checks.push(await stateCheck(spec, hooks), await outputCheck(spec, hooks));
  checks.push(...(await migrationChecks(spec, hooks)), ...(await determinismChecks(spec, hooks)));
  checks.push(await memoryCheck(spec, hooks, options.calls ?? CALLS));
  return {
    file: spec.origin,
    name: spec.name,
    ...(spec.manifest && { version: spec.manifest.version }),
    abi: spec.manifest ? 'framegate' : 'otoroshi',
    hooks,
    checks,
    ok: checks.every(({ status }) => status !== 'fail'),
  };
}

function open(spec: PluginSpec): Promise<RunningPlugin> {
  const source = new SeededSource('verify', NOW);
  const services = { log: () => undefined, now: source.now, random: source.random };
  return instantiatePlugin({ ...spec, guards: false }, 'direct', services, { warm: false });
}

/** Calls one instance after the other as a host would, over one state. */
class Caller {
  readonly store = new StateMemoryStore();
  readonly #context: ConnectionContext = testContext(1, NOW);
  #now = NOW;

  async call(plugin: RunningPlugin, hook: Hook, frame: Frame): Promise<RecordedOutcome> {
    this.#now += 1_000;
    const state = new StateTransaction(this.store, this.#now);
    const answer = await plugin.run({ hook, frame, connection: this.#context, now: this.#now, state });
    if (answer.kind === 'verdict') this.store.apply(state.writes(), this.#now);
    return recordOutcome(answer, state.writes());
  }
}

/** Each input, to each hook: a verdict is wanted, whatever it says. */
async function inputChecks(spec: PluginSpec, hooks: readonly Hook[]): Promise<VerifyCheck[]> {
  const plugin = await open(spec);
  const caller = new Caller();
  const checks: VerifyCheck[] = [];
  try {
    for (const { hook, name, frame } of everyCall(hooks)) {
      const { fault } = await caller.call(plugin, hook, frame);
      const check = { group: 'inputs', name: `${hook} takes ${name}` } as const;
      checks.push(fault ? { ...check, status: 'fail', detail: `${fault.code}: ${fault.message}` } : { ...check, status: 'pass' });
    }
  } finally {
    await plugin.dispose();
  }
  return checks;
}

/** The limit stays what it is, with an entry that takes up all of it: under a limit of 0 every value is too large, which is another error. */
async function stateCheck(spec: PluginSpec, hooks: readonly Hook[]): Promise<VerifyCheck> {
  const check = { group: 'limits', name: 'goes on when its state is full' } as const;
  const key = { plugin: spec.name, scope: 'plugin', owner: '', key: 'framegate verify: what fills the state' } as const;
  const caller = new Caller();
  caller.store.apply([{ kind: 'set', key, value: new Uint8Array(spec.limits.stateBytes), expiresAt: 0 }], NOW);
  const fault = await firstFault(await open(spec), hooks, caller);
  return fault ? { ...check, status: 'warn', detail: `${fault}; its frames then meet onFault` } : { ...check, status: 'pass' };
}

/** A guest of which more comes out than went in must not be stopped by a limit that its frames just fit. */
async function outputCheck(spec: PluginSpec, hooks: readonly Hook[]): Promise<VerifyCheck> {
  const check = { group: 'limits', name: 'keeps to the default of limits.outputBytes' } as const;
  const fault = await firstFault(await open(spec), hooks, new Caller(), 'PLUGIN_OUTPUT_TOO_LARGE');
  return fault ? { ...check, status: 'fail', detail: fault } : { ...check, status: 'pass' };
}

async function firstFault(plugin: RunningPlugin, hooks: readonly Hook[], caller: Caller, code?: string): Promise<string | undefined> {
  try {
    for (const { hook, name, frame } of everyCall(hooks)) {
      const { fault } = await caller.call(plugin, hook, frame);
      if (fault && (code === undefined || fault.code === code)) return `${hook}, ${name}: ${fault.code}: ${fault.message}`;
    }
    return undefined;
  } finally {
    await plugin.dispose();
  }
}

/** Over what the plugin itself keeps: what another version has left is the author's to test. */
async function migrationChecks(spec: PluginSpec, hooks: readonly Hook[]): Promise<VerifyCheck[]> {
  const plugin = await open(spec);
  const caller = new Caller();
  try {
    if (!plugin.migrates) return [];
    const check = { group: 'migration', name: 'takes over the state of its own version' } as const;
    for (const { hook, frame } of everyCall(hooks)) await caller.call(plugin, hook, frame);
    const state = new MigrationState(spec.name, spec.manifest?.capabilities.state ?? [], caller.store, NOW);
    const fault = await plugin.migrate(spec.manifest?.version ?? '', state);
    if (!fault) return [{ ...check, status: 'pass' }];
    const why = 'a version that refuses a state does not go live over it';
    return [{ ...check, status: 'warn', detail: `${fault.code}: ${fault.message}; ${why}` }];
  } finally {
    await plugin.dispose();
  }
}

/** The same calls once more; and once more with a fresh instance for each, which recycling and takeovers amount to. */
async function determinismChecks(spec: PluginSpec, hooks: readonly Hook[]): Promise<VerifyCheck[]> {
  const calls = everyCall(hooks);
  const first = await allOutcomes(spec, calls, false);
  const again = await allOutcomes(spec, calls, false);
  const fresh = await allOutcomes(spec, calls, true);
  const same = { group: 'determinism', name: 'the same calls come to the same' } as const;
  const own = { group: 'determinism', name: 'a fresh instance answers as a used one does' } as const;
  const differs = firstDifference(calls, first, again);
  const forgets = firstDifference(calls, first, fresh);
  const why = 'it keeps something in its own memory, which is lost when its instance is replaced, or takes random numbers';
  return [
    differs === undefined ? { ...same, status: 'pass' } : { ...same, status: 'fail', detail: differs },
    forgets === undefined ? { ...own, status: 'pass' } : { ...own, status: 'warn', detail: `${forgets}; ${why}` },
  ];
}

async function allOutcomes(spec: PluginSpec, calls: readonly VerifyCall[], fresh: boolean): Promise<string[]> {
  const caller = new Caller();
  const outcomes: string[] = [];
  let plugin = await open(spec);
  try {
    for (const { hook, frame } of calls) {
      if (fresh) {
        await plugin.dispose();
        plugin = await open(spec);
      }
      outcomes.push(JSON.stringify(await caller.call(plugin, hook, frame)));
    }
  } finally {
    await plugin.dispose();
  }
  return outcomes;
}

function firstDifference(calls: readonly VerifyCall[], one: readonly string[], other: readonly string[]): string | undefined {
  const index = one.findIndex((outcome, at) => outcome !== other[at]);
  const call = calls[index];
  return call && `${call.hook}, ${call.name}: ${cut(one[index])} the first time, ${cut(other[index])} the second`;
}

function cut(outcome = ''): string {
  return outcome.length > 120 ? `${outcome.slice(0, 120)}…` : outcome;
}

async function memoryCheck(spec: PluginSpec, hooks: readonly Hook[], calls: number): Promise<VerifyCheck> {
  const check = { group: 'memory', name: `does not grow with its calls (${calls.toLocaleString('en')} of them)` } as const;
  const plugin = await open(spec);
  const caller = new Caller();
  const small = everyCall(hooks).filter(({ frame }) => frame.payload.length < 1_024);
  let half = 0;
  try {
    for (let number = 0; number < calls; number++) {
      const call = small[number % small.length];
      if (!call) break;
      const { fault } = await caller.call(plugin, call.hook, call.frame);
      // a fault takes the instance along: there is nothing to watch any more
      if (fault) return { ...check, status: 'fail', detail: `call ${number + 1}: ${fault.code}: ${fault.message}` };
      if (number === Math.floor(calls / 2)) half = plugin.lastCall?.memoryBytes ?? 0;
    }
    const pages = ((plugin.lastCall?.memoryBytes ?? half) - half) / PAGE_BYTES;
    if (pages <= Math.max(4, calls / 2 / CALLS_PER_PAGE)) return { ...check, status: 'pass' };
    return { ...check, status: 'fail', detail: `it grew by ${pages} pages of 64 KiB in the second half` };
  } finally {
    await plugin.dispose();
  }
}

interface VerifyCall extends VerifyInput {
  readonly hook: Hook;
}

function everyCall(hooks: readonly Hook[]): readonly VerifyCall[] {
  const inputs = verifyInputs();
  return hooks.flatMap((hook): VerifyCall[] =>
    hook === 'on_connect' || hook === 'on_disconnect'
      ? [{ hook, name: 'a connection', frame: EVENT }]
      : inputs.map((input) => ({ hook, ...input })),
  );
}
