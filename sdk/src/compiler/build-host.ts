import { HOST_MODULE } from '../abi/abi-v1.js';

const EXTISM_MODULE = 'extism:host/env';
const WASI_MODULE = 'wasi_snapshot_preview1';
/** The clock while building stands still here, so that the same source gives the same bytes. */
const BUILD_TIME_MS = 1_700_000_000_000n;
const LEVELS = ['debug', 'info', 'warn', 'error'];

/** Which global of the plugin's source ends in which import. */
const CALLED_AS: Readonly<Record<string, string>> = {
  input_length: 'Host.inputString() or Host.inputBytes()',
  output_set: 'Host.outputString() or Host.outputBytes()',
  var_get: 'Var.getString() or Var.getBytes()',
  var_set: 'Var.set()',
  config_get: 'Config.get()',
  config: 'ctx.config',
  connection: 'ctx.connection',
  now: 'ctx.now()',
  http_request: 'fetch() or Http.request()',
};

/** The source called the host while it was being evaluated. */
export class HostCallWhileBuilding extends Error {
  readonly guestStack: string;

  constructor(module: string, name: string, guestStack: string) {
    const called = CALLED_AS[name];
    super(
      `${called === undefined ? 'the top level of the source' : `${called} at the top level`} calls the host (${module} ${name}), and there is none while a plugin is built: move it into a hook`,
    );
    this.name = 'HostCallWhileBuilding';
    this.guestStack = guestStack;
  }
}

/**
 * What a core imports while a plugin is being built: a clock that stands still, the same random bytes each time,
 * logs kept as lines, and a refusal for everything else.
 */
export class BuildHost {
  readonly imports: WebAssembly.Imports;
  readonly logs: string[] = [];
  readsClock = false;
  readsRandom = false;
  readonly #blocks = new Map<bigint, Uint8Array>();
  #nextBlock = 1n << 32n;

  constructor(module: WebAssembly.Module, guest: { memory(): Uint8Array; stack(): string }) {
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const refuse = () => {
        throw new HostCallWhileBuilding(from, name, guest.stack());
      };
      const known =
        from === WASI_MODULE
          ? this.#wasi(guest.memory)[name]
          : from === EXTISM_MODULE
            ? this.#extism()[name]
            : from === HOST_MODULE && name === 'log'
              ? this.#log(guest.memory)
              : undefined;
      imports[from] = { ...imports[from], [name]: known ?? refuse };
    }
    this.imports = imports;
  }

  /** From here on `readsClock` and `readsRandom` tell of the plugin's source, not of the engine's own start. */
  forgetReads(): void {
    this.readsClock = false;
    this.readsRandom = false;
  }

  #wasi(memory: () => Uint8Array): Record<string, WebAssembly.ImportValue> {
    return {
      clock_time_get: (_clock: number, _precision: bigint, result: number) => {
        this.readsClock = true;
        const bytes = memory();
        new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(result, BUILD_TIME_MS * 1_000_000n, true);
        return 0;
      },
      random_get: (at: number, length: number) => {
        this.readsRandom = true;
        memory().fill(7, at, at + length);
        return 0;
      },
    };
  }

  /** Blocks and logs only: `console` works at the top level, nothing else does. */
  #extism(): Record<string, WebAssembly.ImportValue> {
    const log = (level: string) => (handle: bigint) =>
      void this.logs.push(`${level}: ${new TextDecoder().decode(this.#blocks.get(handle))}`);
    const within = (address: bigint): [Uint8Array, number] => [
      this.#blocks.get(address & ~0xffffffffn) ?? new Uint8Array(),
      Number(address & 0xffffffffn),
    ];
    return {
      alloc: (length: bigint) => {
        const handle = this.#nextBlock;
        this.#nextBlock += 1n << 32n;
        this.#blocks.set(handle, new Uint8Array(Number(length)));
        return handle;
      },
      free: (handle: bigint) => void this.#blocks.delete(handle),
      length: (handle: bigint) => BigInt(this.#blocks.get(handle)?.length ?? 0),
      store_u8: (address: bigint, value: number) => {
        const [block, at] = within(address);
        block[at] = value;
      },
      store_u64: (address: bigint, value: bigint) => {
        const [block, at] = within(address);
        new DataView(block.buffer).setBigUint64(at, BigInt.asUintN(64, value), true);
      },
      ...Object.fromEntries(LEVELS.map((level) => [`log_${level}`, log(level)])),
    };
  }

  #log(memory: () => Uint8Array): WebAssembly.ImportValue {
    return (level: number, at: number, length: number) =>
      void this.logs.push(`${LEVELS[level] ?? level}: ${new TextDecoder().decode(memory().subarray(at, at + length))}`);
  }
}
