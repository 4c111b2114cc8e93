import { STATE_STATUS } from '../abi/abi-v1.js';
import { STATE_SCOPES, type StateScope } from '../abi/manifest.js';
import { describeType } from './describe-type.js';
import type { Native } from './native.js';

/** What keeps state. */
export type StateNative = Pick<Native, 'stateGetText' | 'stateGetBytes' | 'stateSet' | 'stateDelete' | 'stateAdd' | 'stateTtl'>;

/** The plugin's `limits.stateBytes` is used up: nothing was written. Decide what the frame is worth without memory. */
export class StateFullError extends Error {
  override readonly name = 'StateFullError';
}

/** How long a value stays. */
export interface StateOptions {
  /** Milliseconds above 0 until the key is forgotten; anything else is a TypeError. Left out, or Infinity as `ttl()` gives it: never. */
  readonly ttl?: number | undefined;
}

/**
 * One scope of the plugin's memory, kept by the host: it survives instances, worker deaths and new versions of the plugin.
 * Writes of a call take effect together with its verdict, or not at all. Keys have at most 512 UTF-8 bytes.
 */
export class State {
  readonly #native: StateNative;
  readonly #scope: StateScope;
  readonly #number: number;

  constructor(native: StateNative, scope: StateScope) {
    this.#native = native;
    this.#scope = scope;
    this.#number = STATE_SCOPES.indexOf(scope);
  }

  /** The JSON value last set; undefined if there is none or it has expired. */
  get<T = unknown>(key: string): T | undefined {
    const text = this.#read(this.#native.stateGetText(this.#number, key), key);
    return text === null ? undefined : (JSON.parse(text) as T);
  }

  /** Keeps a JSON value. Throws StateFullError above `limits.stateBytes`. */
  set(key: string, value: unknown, options?: StateOptions): void {
    const json = JSON.stringify(value);
    if (json === undefined)
      throw new TypeError(`state.set(${JSON.stringify(key)}): a ${typeof value} has no JSON form; use delete() to forget a key`);
    this.#check(this.#native.stateSet(this.#number, key, json, this.#ttl(options, key)), key);
  }

  /** A copy of the bytes last set; undefined if there are none or they have expired. */
  getBytes(key: string): Uint8Array | undefined {
    const bytes = this.#read(this.#native.stateGetBytes(this.#number, key), key);
    return bytes === null ? undefined : new Uint8Array(bytes);
  }

  /** Keeps bytes as they are. Throws StateFullError above `limits.stateBytes`. */
  setBytes(key: string, value: Uint8Array, options?: StateOptions): void {
    this.#check(this.#native.stateSet(this.#number, key, value, this.#ttl(options, key)), key);
  }

  /** True if the key was there. */
  delete(key: string): boolean {
    const status = this.#native.stateDelete(this.#number, key);
    this.#check(status, key);
    return status === 1;
  }

  /**
   * Adds to a number (0 if absent) and returns the sum. `ttl` counts from the key's creation: a fixed window. Throws a TypeError if `delta` is no
   * finite number, and StateFullError if the value is none, the scope was not asked for, or there is no room.
   */
  add(key: string, delta = 1, options?: StateOptions): number {
    if (!Number.isFinite(delta)) this.#refuse(key, 'delta', delta, 'a finite number');
    const sum = this.#native.stateAdd(this.#number, key, delta, this.#ttl(options, key));
    if (Number.isNaN(sum)) {
      throw new StateFullError(
        `state.add(${JSON.stringify(key)}) in scope ${this.#scope}: refused; the value is no number, the scope is not granted, or the memory is full`,
      );
    }
    return sum;
  }

  /** Milliseconds left; Infinity: it stays; undefined: it is not there. */
  ttl(key: string): number | undefined {
    const left = this.#native.stateTtl(this.#number, key);
    if (left === STATE_STATUS.absent) return undefined;
    this.#check(left, key);
    return left;
  }

  #read<T extends string | ArrayBuffer>(result: T | null | number, key: string): T | null {
    if (typeof result === 'number') this.#check(result, key);
    return typeof result === 'number' ? null : result;
  }

  /** As the ABI takes it: 0 is for ever. */
  #ttl(options: StateOptions | undefined, key: string): number {
    const ttl = options?.ttl;
    if (ttl === undefined) return 0;
    if (typeof ttl !== 'number' || !(ttl > 0)) this.#refuse(key, 'ttl', ttl, 'milliseconds above 0, or is left out: for ever');
    return ttl;
  }

  #refuse(key: string, name: string, value: unknown, allowed: string): never {
    const got = typeof value === 'number' ? value : typeof value === 'string' ? JSON.stringify(value) : describeType(value);
    throw new TypeError(`${this.#place(key)}: ${name} is ${got}; it takes ${allowed}`);
  }

  #place(key: string): string {
    return `state key ${JSON.stringify(key)} in scope ${this.#scope}`;
  }

  #check(status: number, key: string): void {
    if (status >= 0) return;
    const where = this.#place(key);
    if (status === STATE_STATUS.full) throw new StateFullError(`${where}: limits.stateBytes of this plugin is used up`);
    if (status === STATE_STATUS.denied) throw new Error(`${where}: not granted; name the scope in capabilities.state of definePlugin`);
    if (status === STATE_STATUS.tooLarge) throw new RangeError(`${where}: a key has at most 512 bytes, a value at most limits.stateBytes`);
  }
}

/** Plugin scope, with the other scopes beside it. */
export class PluginState extends State {
  /** Shared by all who are in one room; those who are in none share one as well. */
  readonly room: State;
  /** Of one user, through all connections. Where nobody has logged in, of one connection. */
  readonly user: State;
  /** Goes with the connection. */
  readonly connection: State;

  constructor(native: Native) {
    super(native, 'plugin');
    this.room = new State(native, 'room');
    this.user = new State(native, 'user');
    this.connection = new State(native, 'connection');
  }
}
