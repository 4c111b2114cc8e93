import createPlugin, { type CurrentPlugin, type ExtismPluginOptions } from '@extism/extism';
import { GUEST_EXPORTS, HOST_MODULE } from '@framegate/sdk/abi';
import type { PluginSpec } from '../engine.js';
import { extismHost } from './extism-host.js';
import { FuelGauge } from './fuel/fuel-gauge.js';
import { GuestAbort } from './guest-fault.js';
import type { GuestInstance } from './guest-instance.js';
import type { GuestIo } from './guest-io.js';
import { GuestMemory } from './guest-memory.js';
import { asText, GuestSession, MAX_FAILURE_BYTES } from './guest-session.js';
import { hostFunctions } from './host-functions.js';
import { EXTISM_MODULE } from './import-types.js';
import type { CheckedModule } from './load-checks.js';
import type { PluginServices } from './plugin-services.js';

type ExtismPlugin = Awaited<ReturnType<typeof createPlugin>>;
type ExtismFunctions = NonNullable<ExtismPluginOptions['functions']>[string];

/**
 * The same guest under `@extism/extism` (2.0.0-rc13, in this thread): the oracle that the direct runtime is compared with.
 * Blocks, instantiation and WASI are Extism's. What it gets wrong is put right here: exports are called directly, because its
 * `call` loses a non-zero return; blocks are reset before every call, because it runs out of them; an output keeps the length
 * that the guest gave; variables live in the host's state; `http_request` is the host's own, because Extism's makes every call asynchronous.
 */
export async function startExtism(
  module: WebAssembly.Module,
  spec: PluginSpec,
  checked: CheckedModule,
  services: PluginServices,
): Promise<GuestInstance> {
  const session = new GuestSession(spec, services);
  const io = new ExtismIo();
  const plugin = await createPlugin(
    { wasm: [{ module, name: 'main' }] },
    {
      useWasi: checked.usesWasi,
      enableWasiOutput: false,
      runInWorker: false,
      functions: {
        [EXTISM_MODULE]: { ...io.functions(), ...environment(session) },
        [HOST_MODULE]: Object.fromEntries(
          Object.entries(hostFunctions(session)).map(([name, run]) => [
            name,
            (_plugin: CurrentPlugin, ...numbers: number[]) => run(...numbers),
          ]),
        ),
      },
    },
  );
  io.attach(plugin);
  const { exports } = await plugin.getInstance();
  const memory = exports[GUEST_EXPORTS.memory];
  session.memory = memory instanceof WebAssembly.Memory ? new GuestMemory(memory) : undefined;
  // Extism does this only for modules that have `_initialize`
  if (!exports._initialize && typeof exports.__wasm_call_ctors === 'function') exports.__wasm_call_ctors();
  session.fuel = FuelGauge.of(exports, spec.limits);
  return { exports, session, memory: session.memory, io, fuel: session.fuel, dispose: () => plugin.close() };
}

/** Input and output in Extism's own blocks. */
class ExtismIo implements GuestIo {
  #plugin: ExtismPlugin | undefined;
  #input: Uint8Array = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));
  #output: Uint8Array | undefined;
  #error: string | undefined;
  readonly exhausted = false;

  attach(plugin: ExtismPlugin): void {
    this.#plugin = plugin;
  }

  begin(input: Uint8Array): void {
    // resets before it returns its promise
    void this.#plugin?.reset();
    const padded = new Uint8Array((input.length + 7) & -8);
    padded.set(input);
    this.#input = padded.subarray(0, input.length);
    this.#view = new DataView(padded.buffer);
    this.#output = undefined;
    this.#error = undefined;
  }

  output(): Uint8Array | undefined {
    return this.#output;
  }

  error(): string | undefined {
    return this.#error;
  }

  functions(): ExtismFunctions {
    return {
      input_offset: (plugin: CurrentPlugin) => plugin.store(this.#input.slice()),
      input_length: () => BigInt(this.#input.length),
      input_load_u8: (_plugin: CurrentPlugin, index: bigint) => this.#input[Number(index)] ?? 0,
      input_load_u64: (_plugin: CurrentPlugin, index: bigint) => {
        const at = Number(index);
        return at >= 0 && at < this.#input.length && at + 8 <= this.#view.byteLength ? this.#view.getBigUint64(at, true) : 0n;
      },
      output_set: (plugin: CurrentPlugin, address: bigint, length: bigint) => {
        if (length === 0n) {
          this.#output = undefined;
          return;
        }
        const block = plugin.read(address)?.bytes();
        if (!block || length > block.length) {
          throw new GuestAbort(
            'PLUGIN_OUTPUT_INVALID',
            `output_set named ${length} bytes at ${address}, which lie outside the blocks that were allocated`,
          );
        }
        this.#output = block.subarray(0, Number(length));
      },
      error_set: (plugin: CurrentPlugin, address: bigint) => {
        const text = address === 0n ? undefined : plugin.read(address)?.bytes();
        this.#error = text && asText(text.subarray(0, MAX_FAILURE_BYTES));
      },
    };
  }
}

/** Variables, configuration and log from the host, over Extism's blocks. */
function environment(session: GuestSession): ExtismFunctions {
  const host = extismHost(session);
  const read = (plugin: CurrentPlugin, address: bigint) => plugin.read(address)?.bytes();
  const store = (plugin: CurrentPlugin, value: Uint8Array | undefined) => (value ? plugin.store(value.slice()) : 0n);
  const log = (level: number) => (plugin: CurrentPlugin, address: bigint) => host.log(level, read(plugin, address) ?? new Uint8Array(0));
  return {
    config_get: (plugin: CurrentPlugin, key: bigint) => store(plugin, host.configGet(read(plugin, key) ?? new Uint8Array(0))),
    var_get: (plugin: CurrentPlugin, key: bigint) => store(plugin, host.varGet(read(plugin, key) ?? new Uint8Array(0))),
    var_set: (plugin: CurrentPlugin, key: bigint, value: bigint) =>
      host.varSet(read(plugin, key) ?? new Uint8Array(0), value === 0n ? undefined : read(plugin, value)?.slice()),
    http_request: (plugin: CurrentPlugin, request: bigint, body: bigint) =>
      store(plugin, host.httpRequest(read(plugin, request) ?? new Uint8Array(0), (body && read(plugin, body)) || new Uint8Array(0))),
    http_status_code: () => host.httpStatus(),
    http_headers: (plugin: CurrentPlugin) => store(plugin, host.httpHeaders()),
    log_trace: log(0),
    log_debug: log(0),
    log_info: log(1),
    log_warn: log(2),
    log_error: log(3),
    get_log_level: () => 1,
  };
}
