import { GUEST_EXPORTS, HOST_MODULE } from '@framegate/sdk/abi';
import type { PluginLimits, PluginSpec } from '../engine.js';
import { extismHost } from './extism-host.js';
import { FuelGauge } from './fuel/fuel-gauge.js';
import { type GuestInstance, initializeGuest } from './guest-instance.js';
import { GuestMemory } from './guest-memory.js';
import { GuestSession } from './guest-session.js';
import { hostFunctions } from './host-functions.js';
import { EXTISM_MODULE, WASI_MODULE } from './import-types.js';
import { Kernel } from './kernel.js';
import type { CheckedModule } from './load-checks.js';
import type { PluginServices } from './plugin-services.js';
import { wasiFunctions } from './wasi.js';

/** Room for a call's input (JSON, in which a binary payload takes four bytes a byte) and for what a guest allocates on the way. */
const KERNEL_WORK_BYTES = 32 * 1_048_576;

/** The most memory that `extism:host/env` may use for one plugin: input, output and variables. */
function kernelMemoryBytes(limits: PluginLimits): number {
  return KERNEL_WORK_BYTES + 2 * limits.outputBytes + 2 * limits.stateBytes;
}

/** An instance of a module in this thread, with the host's own `extism:host/env`. Throws what the module throws while it starts. */
export class WasmInstance implements GuestInstance {
  readonly exports: WebAssembly.Exports;
  readonly session: GuestSession;
  readonly memory: GuestMemory | undefined;
  readonly io: Kernel | undefined;
  readonly fuel: FuelGauge | undefined;

  constructor(module: WebAssembly.Module, spec: PluginSpec, checked: CheckedModule, services: PluginServices) {
    this.session = new GuestSession(spec, services);
    const imports: WebAssembly.Imports = { [HOST_MODULE]: hostFunctions(this.session) };
    if (checked.usesExtism || !spec.manifest) {
      this.io = new Kernel(extismHost(this.session), kernelMemoryBytes(spec.limits));
      imports[EXTISM_MODULE] = this.io.imports;
    }
    if (checked.usesWasi) imports[WASI_MODULE] = wasiFunctions(this.session) as WebAssembly.ModuleImports;
    this.exports = new WebAssembly.Instance(module, imports).exports;
    const memory = this.exports[GUEST_EXPORTS.memory];
    if (memory instanceof WebAssembly.Memory) this.memory = new GuestMemory(memory);
    this.session.memory = this.memory;
    this.fuel = FuelGauge.of(this.exports, spec.limits);
    this.session.fuel = this.fuel;
    try {
      initializeGuest(this.exports);
    } catch (error) {
      throw this.fuel?.explain(error, 'its initialisation') ?? error;
    }
  }

  dispose(): void {
    this.session.memory = undefined;
  }
}
