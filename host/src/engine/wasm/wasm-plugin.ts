import type { Hook, MessageHook, PluginGuards } from '@framegate/sdk/abi';
import type { Plugin, PluginCall } from '../../pipeline/plugin.js';
import type { MigrationState } from '../../state/migration-state.js';
import { type Answer, type Fault, PASS, type Verdict, WAIT } from '../../verdict.js';
import { AbiOtoroshi } from '../abi/abi-otoroshi.js';
import { AbiV1 } from '../abi/abi-v1.js';
import type { GuestAbi } from '../abi/guest-abi.js';
import type { PluginSpec } from '../engine.js';
import { FrameGuard } from '../guard/frame-guard.js';
import { fault, GuestAbort, GuestWait } from './guest-fault.js';
import type { GuestInstance } from './guest-instance.js';
import type { CheckedModule } from './load-checks.js';
import type { PluginServices } from './plugin-services.js';
import { Recycling } from './recycling.js';
import { StackTraceMapper } from './stack-trace.js';

/** From this part of its limit on, a guest that grew and then trapped is taken to have run out of memory. */
const NEARLY_FULL = 7 / 8;

/** Makes a fresh instance of a plugin's module. Throws, or rejects, with what the module throws while it starts. */
export type StartGuest = () => GuestInstance | Promise<GuestInstance>;

/** What a call took from its instance, and what the instance holds since. */
export interface CallCost {
  /** Units spent and units allowed (see `limits.fuel`); `undefined` where the guest is not metered. */
  readonly fuel: { readonly spent: number; readonly limit: number } | undefined;
  /** Bytes copied into the guest: the payload, or in the Otoroshi ABI the call as JSON. State and context that it asked for are not in it. */
  readonly bytesIn: number;
  /** Bytes copied out: the verdict's frames, or in the Otoroshi ABI its JSON. */
  readonly bytesOut: number;
  /** Bytes of guest memory, used or not; it never shrinks. */
  readonly memoryBytes: number;
}

interface Running {
  readonly instance: GuestInstance;
  readonly abi: GuestAbi;
  readonly initialBytes: number;
  readonly recycling: Recycling;
}

/**
 * A Wasm module as a {@link Plugin}. After a fault the instance is thrown away with whatever it left in its memory, and one that has
 * served long enough (`limits.recycle`) is replaced: in the next pause, or at once if a call can't wait. Synchronous whenever its runtime starts instances synchronously.
 */
export class WasmPlugin implements Plugin {
  readonly name: string;
  readonly hooks: ReadonlySet<Hook>;
  /** Whether {@link migrate} may be called. */
  readonly migrates: boolean;
  readonly #spec: PluginSpec;
  readonly #start: StartGuest;
  readonly #traces: StackTraceMapper | undefined;
  #guards: PluginGuards | undefined;
  #frameGuards = new Map<Hook, FrameGuard>();
  readonly #services: PluginServices;
  #running: Running | undefined;
  #starting: Promise<Running | Fault> | undefined;
  /** Why the instance is to be replaced. */
  #due: string | undefined;
  #disposed = false;

  constructor(
    spec: PluginSpec,
    { hooks, migrates }: Pick<CheckedModule, 'hooks' | 'migrates'>,
    start: StartGuest,
    services: PluginServices,
  ) {
    this.name = spec.name;
    this.hooks = hooks;
    this.migrates = migrates;
    this.#spec = spec;
    this.#start = start;
    this.#services = services;
    this.#traces = spec.sourceMap === undefined ? undefined : new StackTraceMapper(spec.sourceMap);
  }

  /** Which frames it need not be called for. Known once it has started. */
  get guards(): PluginGuards {
    return this.#guards ?? {};
  }

  run(call: PluginCall): Answer | Promise<Answer> {
    if (!this.hooks.has(call.hook) || this.rulesOut(call)) return PASS;
    if (this.#due !== undefined && this.#mustRenew()) void this.#renew();
    if (this.#running) return this.#call(this.#running, call);
    const ready = this.#ready();
    return ready instanceof Promise ? ready.then((running) => this.#callReady(running, call)) : this.#callReady(ready, call);
  }

  /**
   * Has the guest bring what version `from` has kept into the form that it reads. What comes back is why it could not; the state's changes are
   * the caller's to apply. Only for a module that exports it.
   */
  migrate(from: string, state: MigrationState): Fault | undefined | Promise<Fault | undefined> {
    const ready = this.#ready();
    const run = (running: Running | Fault) => ('kind' in running ? running : this.#migrate(running, from, state));
    return ready instanceof Promise ? ready.then(run) : run(ready);
  }

  /** Whether its guards say that it has no interest in this call, and may have noted that in the call's state. Nothing is, before it has started. */
  rulesOut(call: PluginCall): boolean {
    return this.#frameGuards.get(call.hook)?.rulesOut(call) === true;
  }

  /** Of the last call. `undefined` before the first instance, and after a fault, which took the instance along. */
  get lastCall(): CallCost | undefined {
    if (!this.#running) return undefined;
    const { instance, abi } = this.#running;
    const memoryBytes = instance.memory?.bytes.length ?? 0;
    const fuel = instance.fuel && { spent: instance.fuel.spent, limit: instance.fuel.units };
    return { fuel, bytesIn: abi.bytesIn, bytesOut: abi.bytesOut, memoryBytes };
  }

  /** Instantiates the module now, or tells why it can't be done. */
  start(): Fault | undefined | Promise<Fault | undefined> {
    const faultOf = (ready: Running | Fault) => ('kind' in ready ? ready : undefined);
    const ready = this.#ready();
    return ready instanceof Promise ? ready.then(faultOf) : faultOf(ready);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#starting;
    await this.#discard();
  }

  #callReady(ready: Running | Fault, call: PluginCall): Answer | Promise<Answer> {
    if ('kind' in ready) return ready;
    // another call, which waited as well, may have thrown this instance away
    return ready === this.#running ? this.#call(ready, call) : this.run(call);
  }

  #call(running: Running, call: PluginCall): Answer {
    const { session } = running.instance;
    session.begin(call);
    running.instance.fuel?.refill(call.fuel);
    let result: Verdict | Fault;
    try {
      result = running.abi.run(call);
    } catch (error) {
      session.end();
      if (error instanceof GuestWait) {
        // its stack was never unwound
        void this.#discard();
        this.#plan('a request had cut it off');
        return WAIT;
      }
      call.http?.forget();
      return this.#failed(this.#classify(running.instance.fuel?.explain(error, call.hook) ?? error, running), running);
    }
    session.end();
    // Whatever it says: a promise of an answer can't be kept in this run.
    if (call.http?.waiting) return WAIT;
    if (result.kind === 'fault') return this.#failed(result, running);
    const due = running.recycling.served(memoryOf(running.instance), call.now);
    if (due !== undefined) this.#plan(due);
    return result;
  }

  #migrate(running: Running, from: string, state: MigrationState): Fault | undefined {
    const { session, fuel } = running.instance;
    session.beginMigration(state);
    state.onEntry = () => fuel?.refillForEntry();
    fuel?.refillForEntry();
    try {
      const failed = running.abi.migrate?.(from);
      const refused = failed === undefined ? state.refusal : undefined;
      if (refused === undefined) return failed && this.#failed(failed, running);
      const what = `a write was refused (status ${refused}): the state would exceed limits.stateBytes (${this.#spec.limits.stateBytes}), a key has more than 512 bytes, or the plugin has no such state`;
      return this.#failed(fault('PLUGIN_ERROR', what), running);
    } catch (error) {
      return this.#failed(this.#classify(fuel?.explainMigration(error) ?? error, running), running);
    } finally {
      session.end();
    }
  }

  #failed(result: Fault, running: Running): Fault {
    void this.#discard();
    this.#plan('of a fault');
    const full = result.code === 'PLUGIN_ERROR' && /memory/i.test(result.message) && this.#isFull(running);
    const code = full ? 'PLUGIN_OUT_OF_MEMORY' : result.code;
    return fault(code, this.#traces ? this.#traces.map(result.message) : result.message);
  }

  #ready(): Running | Fault | Promise<Running | Fault> {
    if (this.#running) return this.#running;
    if (this.#starting) return this.#starting;
    try {
      const instance = this.#start();
      if (!(instance instanceof Promise)) return this.#accept(instance);
      this.#starting = instance
        .then((started) => this.#accept(started))
        .catch((error: unknown) => this.#classify(error, undefined))
        .finally(() => {
          this.#starting = undefined;
        });
      return this.#starting;
    } catch (error) {
      return this.#classify(error, undefined);
    }
  }

  #plan(why: string): void {
    if (this.#due !== undefined) return;
    this.#due = why;
    this.#services.later?.(() => this.#renew());
  }

  #mustRenew(): boolean {
    if (this.#services.later === undefined) return true;
    return this.#running?.recycling.isPressing(memoryOf(this.#running.instance)) === true;
  }

  /** Puts a fresh instance in the place of the one that is due. If there is none to be had, the old one goes on. */
  #renew(): void | Promise<void> {
    const old = this.#running;
    const why = this.#due;
    this.#due = undefined;
    if (this.#disposed || why === undefined) return;
    this.#running = undefined;
    const ready = this.#ready();
    const replaced = (result: Running | Fault): void | Promise<void> => {
      if (old === undefined) return;
      if ('kind' in result) {
        this.#running = old;
        this.#services.log(this.name, 'warn', `no fresh instance could be made: ${result.message}`, '');
        return;
      }
      this.#services.log(this.name, 'debug', `a fresh instance replaced one of ${old.recycling.calls} calls because ${why}`, '');
      return old.instance.dispose();
    };
    return ready instanceof Promise ? ready.then(replaced) : replaced(ready);
  }

  #accept(instance: GuestInstance): Running {
    const abi = this.#bind(instance);
    const initialBytes = memoryOf(instance);
    this.#due = undefined;
    this.#running = { instance, abi, initialBytes, recycling: new Recycling(this.#spec.limits, initialBytes) };
    if (this.#spec.guards !== false) this.#guard(abi.guards ?? {});
    return this.#running;
  }

  /** They follow from the configuration, so that those of the first instance hold for all that follow. */
  #guard(guards: PluginGuards): void {
    if (this.#guards !== undefined) return;
    this.#guards = guards;
    for (const [hook, guard] of Object.entries(guards)) {
      this.#frameGuards.set(hook as MessageHook, new FrameGuard(guard, this.name, this.#spec.limits.stateBytes));
    }
  }

  #bind(instance: GuestInstance): GuestAbi {
    try {
      return this.#spec.manifest || !instance.io ? new AbiV1(instance) : new AbiOtoroshi(instance, instance.io);
    } catch (error) {
      throw instance.fuel?.explain(error, 'its start, setup and guard included,') ?? error;
    }
  }

  #discard(): void | Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    return running?.instance.dispose();
  }

  #classify(error: unknown, running: Running | undefined): Fault {
    if (error instanceof GuestAbort) return fault(error.code, error.message);
    const trap = error instanceof Error ? error.message : String(error);
    const why = running?.instance.session.failure;
    // a guest that can't throw says why and traps
    const message = why ?? trap;
    if (running && this.#isFull(running)) {
      return fault(
        'PLUGIN_OUT_OF_MEMORY',
        `${message}; the guest had used up its memory, limits.memoryBytes is ${this.#spec.limits.memoryBytes}`,
      );
    }
    return fault('PLUGIN_TRAP', message);
  }

  #isFull({ instance, initialBytes }: Running): boolean {
    if (instance.io?.exhausted) return true;
    const bytes = memoryOf(instance);
    return bytes > initialBytes && bytes >= this.#spec.limits.memoryBytes * NEARLY_FULL;
  }
}

function memoryOf({ memory }: GuestInstance): number {
  return memory?.bytes.length ?? 0;
}
