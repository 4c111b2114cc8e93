import {
  type HOST_FUNCTIONS,
  HOST_MODULE,
  HTTP_STATUS,
  IO,
  IO_BYTES,
  KIND,
  LOG_LEVELS,
  OP,
  RECORD_BYTES,
  STATE_STATUS,
} from '@framegate/sdk/abi';

/** One verdict record, decoded. `text` is set for text payloads, reasons and notes, `bytes` for binary ones. */
export interface HostRecord {
  readonly op: keyof typeof OP;
  readonly argument: number;
  readonly text?: string;
  readonly bytes?: Uint8Array;
}

export interface CallResult {
  readonly code: number;
  readonly records: readonly HostRecord[];
  readonly failure: string | undefined;
}

export interface AbiHostOptions {
  readonly connection?: unknown;
  readonly config?: unknown;
  readonly now?: number;
  /** Status for every state function, to see what a plugin makes of a refusal. */
  readonly refuseState?: number;
}

const OP_NAMES = new Map(Object.entries(OP).map(([name, number]) => [number as number, name as keyof typeof OP]));
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** ABI v1 from the host's side, as docs/abi.md has it and no more: for tests of what the compiler makes. */
export class AbiV1Host {
  readonly logs: string[] = [];
  readonly state = new Map<string, Uint8Array>();
  /** How often each host function was called. */
  readonly calls = new Map<string, number>();
  readonly #options: AbiHostOptions;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Record<string, (...parameters: number[]) => number>;
  readonly #io: number;
  #capacity = 0;
  #area = 0;
  #pending = new Uint8Array();
  #failure: string | undefined;

  constructor(module: WebAssembly.Module, options: AbiHostOptions = {}) {
    this.#options = options;
    const functions = this.#functions();
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const known = from === HOST_MODULE ? functions[name] : from === 'wasi_snapshot_preview1' ? this.#wasi()[name] : undefined;
      const refuse = () => {
        throw new Error(`${from} ${name} was called`);
      };
      imports[from] = { ...imports[from], [name]: known === undefined ? refuse : this.#counted(name, known) };
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#exports = exports as Record<string, (...parameters: number[]) => number>;
    this.#io = this.#call('framegate_io');
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Calls a hook with a frame: a string is a text frame. */
  run(hook: string, payload: string | Uint8Array = '', connection = 1, contextVersion = 1): CallResult {
    const code = this.runRaw(
      hook,
      typeof payload === 'string' ? encoder.encode(payload) : payload,
      typeof payload === 'string' ? KIND.text : KIND.binary,
      connection,
      contextVersion,
    );
    return { code, records: code === 0 ? this.#records() : [], failure: this.#failure };
  }

  /** The call alone, without reading its records: what a benchmark measures. */
  runRaw(hook: string, payload: Uint8Array, kind: number = KIND.text, connection = 1, contextVersion = 1): number {
    if (payload.length > this.#capacity) {
      this.#area = this.#call('framegate_reserve', payload.length);
      if (this.#area === 0) throw new Error('framegate_reserve returned 0');
      this.#capacity = payload.length;
    }
    this.#failure = undefined;
    new Uint8Array(this.#memory.buffer).set(payload, this.#area);
    const io = new DataView(this.#memory.buffer, this.#io, IO_BYTES);
    io.setUint32(IO.kind, kind, true);
    io.setUint32(IO.length, payload.length, true);
    io.setUint32(IO.payload, this.#area, true);
    io.setUint32(IO.connection, connection, true);
    io.setUint32(IO.contextVersion, contextVersion, true);
    io.setUint32(IO.recordCount, 0, true);
    io.setUint32(IO.reserved, 0, true);
    return this.#call(hook);
  }

  /** As the host reads it, records above the maximum included. */
  get recordCount(): number {
    return new DataView(this.#memory.buffer).getUint32(this.#io + IO.recordCount, true);
  }

  #records(): HostRecord[] {
    const view = new DataView(this.#memory.buffer);
    const first = view.getUint32(this.#io + IO.records, true);
    return Array.from({ length: this.recordCount }, (_, index) => {
      const at = first + index * RECORD_BYTES;
      const op = OP_NAMES.get(view.getUint32(at, true));
      if (op === undefined) throw new Error(`unknown op ${view.getUint32(at, true)}`);
      const argument = view.getUint32(at + 4, true);
      const bytes = this.#bytes(view.getUint32(at + 8, true), view.getUint32(at + 12, true));
      if (op === 'drop') return { op, argument };
      const binary = (op === 'forward' || op === 'reply') && argument === KIND.binary;
      return binary ? { op, argument, bytes } : { op, argument, text: decoder.decode(bytes) };
    });
  }

  #functions(): Record<string, (...parameters: number[]) => unknown> {
    const key = (scope: number, at: number, length: number): string => `${scope}/${decoder.decode(this.#bytes(at, length))}`;
    const refused = this.#options.refuseState;
    const functions = {
      result_copy: (at = 0) => new Uint8Array(this.#memory.buffer).set(this.#pending, at),
      connection: () => this.#leave(encoder.encode(JSON.stringify(this.#options.connection ?? {}))),
      config: () => this.#leave(encoder.encode(JSON.stringify(this.#options.config ?? {}))),
      now: () => this.#options.now ?? 0,
      log: (level = 0, at = 0, length = 0) => void this.logs.push(`${LOG_LEVELS[level]}: ${decoder.decode(this.#bytes(at, length))}`),
      fail: (at = 0, length = 0) => {
        this.#failure = decoder.decode(this.#bytes(at, length));
      },
      state_get: (scope = 0, at = 0, length = 0) => {
        const value = this.state.get(key(scope, at, length));
        return refused ?? (value === undefined ? STATE_STATUS.absent : this.#leave(value));
      },
      state_set: (scope = 0, at = 0, length = 0, value = 0, size = 0) => {
        if (refused !== undefined) return refused;
        this.state.set(key(scope, at, length), this.#bytes(value, size));
        return 0;
      },
      state_delete: (scope = 0, at = 0, length = 0) => refused ?? Number(this.state.delete(key(scope, at, length))),
      state_add: (scope = 0, at = 0, length = 0, delta = 0) => {
        if (refused !== undefined) return Number.NaN;
        const name = key(scope, at, length);
        const sum = Number(decoder.decode(this.state.get(name) ?? encoder.encode('0'))) + delta;
        this.state.set(name, encoder.encode(String(sum)));
        return sum;
      },
      state_ttl: (scope = 0, at = 0, length = 0) =>
        refused ?? (this.state.has(key(scope, at, length)) ? Number.POSITIVE_INFINITY : STATE_STATUS.absent),
      http_request: () => HTTP_STATUS.failed,
      http_answer: () => this.#leave(encoder.encode('there is no network here')),
      migration_next: () => STATE_STATUS.absent,
      migration_owner: () => STATE_STATUS.denied,
    } satisfies Record<keyof typeof HOST_FUNCTIONS, (...parameters: number[]) => unknown>;
    return functions;
  }

  #wasi(): Record<string, (...parameters: never[]) => number> {
    return {
      clock_time_get: (_clock: never, _precision: never, result: number) => {
        new DataView(this.#memory.buffer).setBigUint64(result, BigInt(this.#options.now ?? 0) * 1_000_000n, true);
        return 0;
      },
      random_get: (at: number, length: number) => {
        crypto.getRandomValues(new Uint8Array(this.#memory.buffer, at, length));
        return 0;
      },
    };
  }

  #counted(name: string, called: (...parameters: never[]) => unknown): (...parameters: never[]) => unknown {
    return (...parameters) => {
      this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
      return called(...parameters);
    };
  }

  #leave(value: Uint8Array): number {
    this.#pending = value.slice();
    return value.length;
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length).slice();
  }

  #call(name: string, ...parameters: number[]): number {
    const called = this.#exports[name];
    if (called === undefined) throw new Error(`the module does not export ${name}`);
    return called(...parameters);
  }
}
