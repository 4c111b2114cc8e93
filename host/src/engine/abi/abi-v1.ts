import { isUtf8 } from 'node:buffer';
import {
  GUARD_LIMITS,
  GUEST_EXPORTS,
  type Hook,
  IO,
  IO_BYTES,
  KIND,
  MAX_RECORDS,
  OP,
  type PluginGuards,
  RECORD_BYTES,
} from '@framegate/sdk/abi';
import { isSendableCloseCode, MAX_CLOSE_REASON_BYTES } from '../../close-frame.js';
import type { Frame } from '../../frame.js';
import type { ConnectionContext } from '../../pipeline/connection-context.js';
import type { PluginCall } from '../../pipeline/plugin.js';
import { type Close, type Fault, PASS, type Verdict } from '../../verdict.js';
import { readGuards } from '../guard/read-guards.js';
import { fault, GuestAbort } from '../wasm/guest-fault.js';
import type { GuestInstance } from '../wasm/guest-instance.js';
import type { GuestMemory } from '../wasm/guest-memory.js';
import { asText } from '../wasm/guest-session.js';
import type { GuestAbi } from './guest-abi.js';

/** The payload area grows in powers of two from here, so that frames of mixed sizes seldom reserve anew. */
const MIN_AREA_BYTES = 4096;
const POOL_BYTES = 16_384;
const MAX_POOLED_BYTES = 2_048;
const NO_INPUT = new Uint8Array(0);
const NO_CONNECTION = { handle: 0, version: 0 } as const;
const WORD = 2;

/** framegate ABI v1 (docs/abi.md): one I/O block, payloads in and out by bulk copy. A plain pass allocates nothing. */
export class AbiV1 implements GuestAbi {
  readonly guards: PluginGuards;
  bytesIn = 0;
  bytesOut = 0;
  readonly #instance: GuestInstance;
  readonly #memory: GuestMemory;
  readonly #outputBytes: number;
  readonly #reserve: (length: number) => number;
  /** The I/O block's index in 32-bit words. */
  readonly #io: number;
  #area = 0;
  #areaBytes = 0;

  /**
   * Asks the guest for its I/O block, lets it set itself up, and takes its guards. Throws what the guest throws, and a GuestAbort if the
   * block or the guards are no good or the set-up failed.
   */
  constructor(instance: GuestInstance) {
    const { memory, exports, session } = instance;
    if (!memory) throw new GuestAbort('PLUGIN_TRAP', 'the module exports no memory');
    const address = (exports[GUEST_EXPORTS.io] as () => number)() >>> 0;
    if (address % 4 !== 0 || address + IO_BYTES > memory.bytes.length) {
      throw new GuestAbort(
        'PLUGIN_TRAP',
        `${GUEST_EXPORTS.io} returned ${address}, which is not a 4-byte aligned address of ${IO_BYTES} bytes in its memory`,
      );
    }
    this.#instance = instance;
    this.#memory = memory;
    this.#io = address >>> WORD;
    this.#reserve = exports[GUEST_EXPORTS.reserve] as (length: number) => number;
    this.#outputBytes = session.spec.limits.outputBytes;
    this.#start(GUEST_EXPORTS.setup);
    this.guards = this.#start(GUEST_EXPORTS.guard) ? this.#readGuards() : {};
  }

  run(call: PluginCall): Verdict | Fault {
    const { payload } = call.frame;
    this.bytesIn = payload.length;
    this.bytesOut = 0;
    this.#offer(call.frame, call.connection);
    const status = (this.#instance.exports[call.hook] as () => number)();
    if (status !== 0) return fault('PLUGIN_ERROR', this.#instance.session.failure ?? `${call.hook} returned ${status} and did not say why`);
    const count = this.#memory.words[this.#io + (IO.recordCount >>> WORD)] ?? 0;
    return count === 0 ? PASS : this.#read(call, count);
  }

  migrate(from: string): Fault | undefined {
    const { exports, session } = this.#instance;
    this.#offer({ kind: 'text', payload: Buffer.from(from) }, NO_CONNECTION);
    const status = (exports[GUEST_EXPORTS.migrate] as () => number)();
    if (status === 0) return undefined;
    return fault('PLUGIN_ERROR', session.failure ?? `${GUEST_EXPORTS.migrate} returned ${status} and did not say why`);
  }

  /** Gives the guest its input. */
  #offer(frame: Frame, connection: Pick<ConnectionContext, 'handle' | 'version'>): void {
    const { payload } = frame;
    this.#instance.io?.begin(NO_INPUT);
    if (payload.length > this.#areaBytes) this.#makeRoom(payload.length);
    this.#memory.bytes.set(payload, this.#area);
    this.#writeIo(frame, connection);
  }

  /** Calls what an instance need not have, before its first hook. False: it does not have it. */
  #start(name: string): boolean {
    const { exports, session, io } = this.#instance;
    const run = exports[name];
    if (typeof run !== 'function') return false;
    io?.begin(NO_INPUT);
    this.#memory.words[this.#io + (IO.recordCount >>> WORD)] = 0;
    const status = (run as () => number)();
    if (status === 0) return true;
    throw new GuestAbort('PLUGIN_ERROR', session.failure ?? `${name} returned ${status} and did not say why`);
  }

  #readGuards(): PluginGuards {
    const { words } = this.#memory;
    const count = words[this.#io + (IO.recordCount >>> WORD)] ?? 0;
    if (count === 0) return {};
    const record = words.subarray((words[this.#io + (IO.records >>> WORD)] ?? 0) >>> WORD);
    const [op = 0, , address = 0, length = 0] = record;
    const json = length > GUARD_LIMITS.descriptionBytes ? undefined : this.#memory.range(address, length);
    const guards =
      count !== 1 || op !== OP.guard || json === undefined
        ? `it needs one record with op ${OP.guard} and at most ${GUARD_LIMITS.descriptionBytes} bytes`
        : readGuards(asText(json), this.#instance.session.spec);
    if (typeof guards !== 'string') return guards;
    throw new GuestAbort('PLUGIN_OUTPUT_INVALID', `${GUEST_EXPORTS.guard} left no good description: ${guards}`);
  }

  #makeRoom(length: number): void {
    const wanted = Math.max(MIN_AREA_BYTES, 2 ** Math.ceil(Math.log2(length)));
    let bytes = wanted;
    let area = this.#reserve(bytes) >>> 0;
    if (area === 0 && wanted > length) {
      bytes = length;
      area = this.#reserve(bytes) >>> 0;
    }
    this.#areaBytes = 0;
    if (area === 0) throw new GuestAbort('PLUGIN_OUT_OF_MEMORY', `${GUEST_EXPORTS.reserve}(${length}) found no memory for the frame`);
    if (area + bytes > this.#memory.bytes.length) {
      throw new GuestAbort(
        'PLUGIN_OUTPUT_INVALID',
        `${GUEST_EXPORTS.reserve}(${bytes}) returned ${area}: the area reaches beyond the guest's memory`,
      );
    }
    this.#area = area;
    this.#areaBytes = bytes;
  }

  #writeIo(frame: Frame, connection: Pick<ConnectionContext, 'handle' | 'version'>): void {
    const { words } = this.#memory;
    const io = this.#io;
    words[io + (IO.kind >>> WORD)] = KIND[frame.kind];
    words[io + (IO.length >>> WORD)] = frame.payload.length;
    words[io + (IO.payload >>> WORD)] = this.#area;
    words[io + (IO.connection >>> WORD)] = connection.handle;
    words[io + (IO.contextVersion >>> WORD)] = connection.version;
    words[io + (IO.recordCount >>> WORD)] = 0;
    words[io + (IO.records >>> WORD)] = 0;
    words[io + (IO.reserved >>> WORD)] = 0;
  }

  #read({ hook, frame }: PluginCall, count: number): Verdict | Fault {
    const { words, bytes } = this.#memory;
    const records = words[this.#io + (IO.records >>> WORD)] ?? 0;
    if (count > MAX_RECORDS) return invalid(hook, `a verdict of ${count} records; at most ${MAX_RECORDS} are allowed`);
    if (records % 4 !== 0 || records + count * RECORD_BYTES > bytes.length) {
      return invalid(hook, `${count} records at ${records}, which is unaligned or outside the guest's memory`);
    }
    const reader = new RecordReader(this.#memory, this.#outputBytes, frame);
    for (let index = 0; index < count; index++) {
      const problem = reader.read((records + index * RECORD_BYTES) >>> WORD);
      if (problem) return typeof problem === 'string' ? invalid(hook, `record ${index}: ${problem}`) : problem;
    }
    this.bytesOut = reader.bytes;
    return reader.finish() ?? invalid(hook, 'a verdict that says both forward and drop, or both close and reject');
  }
}

/** Collects one verdict from its records, each checked as docs/abi.md says. */
class RecordReader {
  readonly #memory: GuestMemory;
  readonly #input: Frame;
  #bytesLeft: number;
  readonly #outputBytes: number;
  #forward: Frame[] | undefined;
  #reply: Frame[] | undefined;
  #dropped = false;
  #close: Close | undefined;
  #reject: Close | undefined;
  #reason: string | undefined;

  /** `input`: what the guest was given. */
  constructor(memory: GuestMemory, outputBytes: number, input: Frame) {
    this.#memory = memory;
    this.#input = input;
    this.#outputBytes = outputBytes;
    this.#bytesLeft = outputBytes;
  }

  /** Bytes of the frames read so far. */
  get bytes(): number {
    return this.#outputBytes - this.#bytesLeft;
  }

  /** Takes the record at this word. Returns what is wrong with it, if anything is. */
  read(word: number): string | Fault | undefined {
    const { words } = this.#memory;
    const op = words[word] ?? 0;
    const argument = words[word + 1] ?? 0;
    const address = words[word + 2] ?? 0;
    const length = words[word + 3] ?? 0;
    switch (op) {
      case OP.forward:
      case OP.reply: {
        const frame = this.#frame(argument, address, length);
        if (typeof frame === 'string' || frame.kind === 'fault') return frame;
        if (op === OP.forward) this.#forward = append(this.#forward, frame);
        else this.#reply = append(this.#reply, frame);
        return undefined;
      }
      case OP.drop:
        if (this.#dropped) return 'drop stands twice';
        this.#dropped = true;
        return undefined;
      case OP.close:
      case OP.reject: {
        if (op === OP.close ? this.#close : this.#reject) return `${op === OP.close ? 'close' : 'reject'} stands twice`;
        const close = this.#closing(argument, address, length);
        if (typeof close === 'string') return close;
        if (op === OP.close) this.#close = close;
        else this.#reject = close;
        return undefined;
      }
      case OP.note: {
        if (this.#reason !== undefined) return 'note stands twice';
        const reason = this.#text(address, length);
        if (reason === undefined) return "its note is not UTF-8 inside the guest's memory";
        this.#reason = reason;
        return undefined;
      }
      default:
        return `unknown op ${op}`;
    }
  }

  /** The verdict, or `undefined` if its records contradict one another. */
  finish(): Verdict | undefined {
    if ((this.#forward && this.#dropped) || (this.#close && this.#reject)) return undefined;
    const ends = this.#dropped || this.#close !== undefined || this.#reject !== undefined;
    const forward = this.#forward ?? (ends ? [] : undefined);
    return {
      kind: 'verdict',
      ...(forward && { forward }),
      ...(this.#reply && { reply: this.#reply }),
      ...(this.#close && { close: this.#close }),
      ...(this.#reject && { reject: this.#reject }),
      ...(this.#reason !== undefined && { reason: this.#reason }),
    };
  }

  #frame(kind: number, address: number, length: number): Frame | string | Fault {
    const range = this.#memory.range(address, length);
    if (!range) return `its payload (${length} bytes at ${address}) lies outside the guest's memory`;
    if (kind !== KIND.text && kind !== KIND.binary) return `unknown kind ${kind}`;
    this.#bytesLeft -= length;
    if (this.#bytesLeft < 0) {
      return fault('PLUGIN_OUTPUT_TOO_LARGE', `the verdict's frames have more than ${this.#outputBytes} bytes; see limits.outputBytes`);
    }
    if (equalsLarge(this.#input, kind, range)) return this.#input;
    const payload = copyOf(range);
    if (kind === KIND.binary) return { kind: 'binary', payload };
    return isUtf8(payload) ? { kind: 'text', payload } : 'its text payload is not UTF-8';
  }

  #closing(code: number, address: number, length: number): Close | string {
    if (!isSendableCloseCode(code)) return `${code} is not a close code that may be sent`;
    if (length > MAX_CLOSE_REASON_BYTES) return `its reason has ${length} bytes; at most ${MAX_CLOSE_REASON_BYTES} fit into a close frame`;
    const reason = this.#text(address, length);
    return reason === undefined ? "its reason is not UTF-8 inside the guest's memory" : { code, reason };
  }

  #text(address: number, length: number): string | undefined {
    const range = this.#memory.range(address, length);
    return range && isUtf8(range) ? asText(range) : undefined;
  }
}

/** Small frames are cut from one buffer after the other: one of its own costs more than the rest of the call. Who keeps a frame keeps its buffer. */
let pool = new ArrayBuffer(POOL_BYTES);
let pooled = 0;

/** The guest's memory is used again by its next call. */
function copyOf(range: Uint8Array): Uint8Array {
  const { length } = range;
  if (length > MAX_POOLED_BYTES) return range.slice();
  if (pooled + length > POOL_BYTES) {
    pool = new ArrayBuffer(POOL_BYTES);
    pooled = 0;
  }
  const copy = new Uint8Array(pool, pooled, length);
  pooled += length;
  copy.set(range);
  return copy;
}

/** Large frames that come out as they went in are the frame itself: comparing costs a fraction of a fresh buffer, and ends at the first difference. */
function equalsLarge({ kind, payload }: Frame, outKind: number, out: Uint8Array): boolean {
  return out.length > MAX_POOLED_BYTES && out.length === payload.length && outKind === KIND[kind] && Buffer.compare(out, payload) === 0;
}

function append(frames: Frame[] | undefined, frame: Frame): Frame[] {
  if (!frames) return [frame];
  frames.push(frame);
  return frames;
}

function invalid(hook: Hook, message: string): Fault {
  return fault('PLUGIN_OUTPUT_INVALID', `${hook} left ${message}`);
}
