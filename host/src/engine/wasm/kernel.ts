import { GuestAbort } from './guest-fault.js';
import type { GuestIo } from './guest-io.js';
import { asText, MAX_FAILURE_BYTES } from './guest-session.js';
import { KERNEL_BASE64 } from './kernel.generated.js';

const PAGE = 65_536;
/** Word indexes of the header that kernel.wat describes. */
const WORD = {
  inputOffset: 0,
  inputLength: 1,
  outputOffset: 2,
  outputLength: 3,
  errorOffset: 4,
  errorLength: 5,
  top: 6,
  exhausted: 7,
} as const;
const HEADER_WORDS = 8;
const ARENA = 64;
const FIRST_BLOCK = ARENA + 8;
const BLOCK_MARK = 0x66726d67;

/** What the kernel asks of the host. Keys and texts are views of the kernel's memory, valid during the call. */
export interface KernelHost {
  configGet(key: Uint8Array): Uint8Array | undefined;
  varGet(key: Uint8Array): Uint8Array | undefined;
  /** `undefined` deletes. The value is a copy. */
  varSet(key: Uint8Array, value: Uint8Array | undefined): void;
  /** `level` indexes LOG_LEVELS. */
  log(level: number, text: Uint8Array): void;
  /** `request` is JSON. The response's body. */
  httpRequest(request: Uint8Array, body: Uint8Array): Uint8Array;
  /** Status and headers (JSON) of the last response; 0 and undefined without one. */
  httpStatus(): number;
  httpHeaders(): Uint8Array | undefined;
}

let compiled: WebAssembly.Module | undefined;

/** One instance of kernel.wat: `extism:host/env` for one guest. Its memory never grows beyond `maximumBytes`. */
export class Kernel implements GuestIo {
  /** The functions of `extism:host/env`, to be imported by the guest. */
  readonly imports: WebAssembly.Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #allocate: (length: number) => number;
  #bytes: Uint8Array;
  #words: Uint32Array;

  constructor(host: KernelHost, maximumBytes: number) {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'));
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: Math.max(1, Math.ceil(maximumBytes / PAGE)) });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    const instance = new WebAssembly.Instance(compiled, {
      host: {
        memory: this.#memory,
        config_get: (key: number, length: number) => this.#store(host.configGet(this.#view(key, length))),
        var_get: (key: number, length: number) => this.#store(host.varGet(this.#view(key, length))),
        var_set: (key: number, length: number, value: number, valueLength: number) =>
          host.varSet(this.#view(key, length), value === 0 ? undefined : this.#view(value, valueLength).slice()),
        log: (level: number, text: number, length: number) => host.log(level, this.#view(text, length)),
        http_request: (request: number, length: number, body: number, bodyLength: number) =>
          this.#store(host.httpRequest(this.#view(request, length), this.#view(body, bodyLength))),
        http_status_code: () => host.httpStatus(),
        http_headers: () => this.#store(host.httpHeaders()),
      },
    });
    const { allocate, ...imports } = instance.exports;
    this.#allocate = allocate as (length: number) => number;
    this.imports = imports;
    this.begin(new Uint8Array(0));
  }

  get exhausted(): boolean {
    this.#refresh();
    return this.#words[WORD.exhausted] === 1;
  }

  /** Bytes of the arena's memory. */
  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }

  begin(input: Uint8Array): void {
    const { length } = input;
    const top = (FIRST_BLOCK + length + 7) & -8;
    this.#refresh();
    if (top > this.#bytes.length) this.#grow(top, length);
    const words = this.#words;
    words.fill(0, 0, HEADER_WORDS);
    words[WORD.inputOffset] = FIRST_BLOCK;
    words[WORD.inputLength] = length;
    words[WORD.top] = top;
    words[ARENA >> 2] = length;
    words[(ARENA >> 2) + 1] = FIRST_BLOCK ^ BLOCK_MARK;
    this.#bytes.set(input, FIRST_BLOCK);
  }

  output(): Uint8Array | undefined {
    this.#refresh();
    const offset = this.#words[WORD.outputOffset] ?? 0;
    const length = this.#words[WORD.outputLength] ?? 0;
    if (length === 0) return undefined;
    if (offset < ARENA || offset + length > (this.#words[WORD.top] ?? 0)) {
      throw new GuestAbort(
        'PLUGIN_OUTPUT_INVALID',
        `output_set named ${length} bytes at ${offset}, which lie outside the blocks that were allocated`,
      );
    }
    return this.#bytes.subarray(offset, offset + length);
  }

  error(): string | undefined {
    this.#refresh();
    const offset = this.#words[WORD.errorOffset] ?? 0;
    if (offset === 0) return undefined;
    return asText(this.#view(offset, Math.min(this.#words[WORD.errorLength] ?? 0, MAX_FAILURE_BYTES)));
  }

  #store(value: Uint8Array | undefined): number {
    if (!value) return 0;
    const block = this.#allocate(value.length);
    this.#refresh();
    this.#bytes.set(value, block);
    return block;
  }

  #view(offset: number, length: number): Uint8Array {
    this.#refresh();
    // an i32 arrives signed
    const start = offset >>> 0;
    return this.#bytes.subarray(start, start + (length >>> 0));
  }

  #grow(bytes: number, inputLength: number): void {
    try {
      this.#memory.grow(Math.ceil((bytes - this.#bytes.length) / PAGE));
    } catch {
      throw new GuestAbort(
        'PLUGIN_OUT_OF_MEMORY',
        `the call's input of ${inputLength} bytes does not fit into the host's memory for this plugin`,
      );
    }
    this.#refresh();
  }

  /** Growth detaches the old buffer, which then has no length. */
  #refresh(): void {
    if (this.#bytes.length !== 0) return;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
  }
}
