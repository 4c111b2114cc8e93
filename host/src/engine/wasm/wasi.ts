import { HOST_CALL_PRICE } from './fuel/host-call-price.js';
import { GuestAbort } from './guest-fault.js';
import type { GuestSession } from './guest-session.js';
import { WASI_TYPES, type WasiFunction } from './wasi-types.js';

/** WASI preview 1 error numbers. */
const ERRNO = { success: 0, badFile: 8, invalid: 28, notImplemented: 52 } as const;
const STDOUT = 1;
const STDERR = 2;
const LOG_INFO = 1;
const LOG_ERROR = 3;
const IOVEC_BYTES = 8;
const MAX_IOVECS = 64;

type WasiImports = Record<string, (...args: never[]) => number>;

/**
 * A WASI without files, arguments or environment: the clock gives the call's `now`, randomness is real,
 * what is written to stdout and stderr goes to the log. Everything else fails in the way WASI says.
 */
export function wasiFunctions(session: GuestSession): WasiImports {
  const word = (address: number, what: string) => {
    const bytes = session.read(address, 4, what);
    return new DataView(bytes.buffer, bytes.byteOffset, 4);
  };
  const noItems = (count: number, size: number) => {
    word(count, 'args_sizes_get').setUint32(0, 0, true);
    word(size, 'args_sizes_get').setUint32(0, 0, true);
    return ERRNO.success;
  };
  const write64 = (address: number, value: bigint, what: string) => {
    session.charge(HOST_CALL_PRICE.clock);
    const bytes = session.read(address, 8, what);
    new DataView(bytes.buffer, bytes.byteOffset, 8).setBigUint64(0, value, true);
    return ERRNO.success;
  };
  return {
    ...refusals(),
    args_get: () => ERRNO.success,
    args_sizes_get: noItems,
    environ_get: () => ERRNO.success,
    environ_sizes_get: noItems,
    clock_res_get: (_clock: number, result: number) => write64(result, 1_000_000n, 'clock_res_get'),
    clock_time_get: (_clock: number, _precision: bigint, result: number) =>
      write64(result, BigInt(Math.floor(session.now)) * 1_000_000n, 'clock_time_get'),
    random_get(address: number, length: number) {
      session.charge(HOST_CALL_PRICE.random);
      session.random(session.read(address, length, 'random_get'));
      return ERRNO.success;
    },
    fd_write(file: number, vectors: number, count: number, written: number) {
      session.charge(HOST_CALL_PRICE.print);
      if (file !== STDOUT && file !== STDERR) return ERRNO.badFile;
      if (count >>> 0 > MAX_IOVECS) return ERRNO.invalid;
      const parts: Uint8Array[] = [];
      let total = 0;
      for (let index = 0; index < count; index++) {
        const vector = vectors + index * IOVEC_BYTES;
        const part = session.read(word(vector, 'fd_write').getInt32(0, true), word(vector + 4, 'fd_write').getInt32(0, true), 'fd_write');
        // more than a line's worth is only counted: vectors may overlap, and be large
        if (total <= session.logLineBytes) parts.push(part.subarray(0, session.logLineBytes + 1 - total));
        total += part.length;
      }
      const text = Buffer.concat(parts);
      const end = text.at(-1) === 0x0a ? text.length - 1 : text.length;
      if (end > 0) session.log(file === STDERR ? LOG_ERROR : LOG_INFO, text.subarray(0, end));
      word(written, 'fd_write').setUint32(0, total, true);
      return ERRNO.success;
    },
    sched_yield: () => ERRNO.success,
    proc_exit(code: number): never {
      throw new GuestAbort('PLUGIN_ERROR', `the plugin called proc_exit(${code})`);
    },
  };
}

function refusals(): WasiImports {
  const refuse = (name: WasiFunction) => (name.startsWith('fd_') ? ERRNO.badFile : ERRNO.notImplemented);
  return Object.fromEntries((Object.keys(WASI_TYPES) as WasiFunction[]).map((name) => [name, () => refuse(name)]));
}
