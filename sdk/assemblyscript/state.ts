import { stateAdd, stateDelete, stateGet, stateSet, stateTtl } from './host';
import { json } from './json';
import { pendingBytes, pendingText, utf8, utf8Length, writeUtf8 } from './text';

const FULL: i32 = -2;
const DENIED: i32 = -3;
const TOO_LARGE: i32 = -4;

/**
 * One scope of the plugin's memory, kept by the host: it survives instances, worker deaths and new versions of the plugin. Writes of a call
 * take effect together with its verdict, or not at all. Keys have at most 512 UTF-8 bytes. Values are JSON, as a TypeScript plugin keeps them,
 * unless they are bytes. A scope that plugin.json does not name, a value above `limits.stateBytes`, and a `ttl` that is no time stop the call.
 */
export class State {
  constructor(private readonly scope: i32) {}

  /** The value's JSON; null if there is none or it has expired. */
  getJson(key: string): string | null {
    const length = this.read(key);
    return length < 0 ? null : pendingText(length);
  }

  /** Keeps a JSON value. `ttl`: milliseconds until it is forgotten; 0: never. False: `limits.stateBytes` is used up, and nothing was written. */
  setJson(key: string, value: string, ttl: f64 = 0): bool {
    const length = utf8Length(value);
    const address = heap.alloc(<usize>length);
    writeUtf8(value, address);
    const stored = this.write(key, address, length, ttl);
    heap.free(address);
    return stored;
  }

  /** Null as well if the value is no string. */
  getText(key: string): string | null {
    return json.text(this.getJson(key));
  }

  setText(key: string, value: string, ttl: f64 = 0): bool {
    return this.setJson(key, json.quote(value), ttl);
  }

  /** NaN if there is none, or the value is no number. */
  getNumber(key: string): f64 {
    return json.number(this.getJson(key));
  }

  getBytes(key: string): Uint8Array | null {
    const length = this.read(key);
    return length < 0 ? null : pendingBytes(length);
  }

  setBytes(key: string, value: Uint8Array, ttl: f64 = 0): bool {
    return this.write(key, value.dataStart, value.length, ttl);
  }

  /** Adds a finite number to a number (0 if absent) and returns the sum; NaN: refused. `ttl` counts from the key's creation: a fixed window. */
  add(key: string, delta: f64 = 1, ttl: f64 = 0): f64 {
    if (!F64.isFinite(delta)) throw new Error('state key "' + key + '": delta is ' + delta.toString() + '; it takes a finite number');
    const length = utf8Length(key);
    return stateAdd(this.scope, utf8(key, length), length, delta, this.time(ttl, key));
  }

  /** True if the key was there. */
  delete(key: string): bool {
    const length = utf8Length(key);
    return this.checked(stateDelete(this.scope, utf8(key, length), length), key) == 1;
  }

  /** Milliseconds left; Infinity: it stays; -1: it is not there. */
  ttl(key: string): f64 {
    const length = utf8Length(key);
    const left = stateTtl(this.scope, utf8(key, length), length);
    if (left < 0) this.checked(<i32>left, key);
    return left;
  }

  private read(key: string): i32 {
    const length = utf8Length(key);
    return this.checked(stateGet(this.scope, utf8(key, length), length), key);
  }

  private write(key: string, address: usize, length: i32, ttl: f64): bool {
    const keyLength = utf8Length(key);
    return this.checked(stateSet(this.scope, utf8(key, keyLength), keyLength, address, length, this.time(ttl, key)), key) != FULL;
  }

  private time(ttl: f64, key: string): f64 {
    if (ttl >= 0) return ttl;
    throw new Error('state key "' + key + '": ttl is ' + ttl.toString() + '; it takes milliseconds above 0, or 0: for ever');
  }

  private checked(status: i32, key: string): i32 {
    if (status == DENIED) throw new Error('state key "' + key + '": not granted; name the scope in capabilities.state of plugin.json');
    if (status == TOO_LARGE) throw new Error('state key "' + key + '": a key has at most 512 bytes, a value at most limits.stateBytes');
    return status;
  }
}

/** Plugin scope, with the other scopes beside it. */
export class PluginState extends State {
  readonly room: State = new State(1);
  readonly user: State = new State(2);
  readonly connection: State = new State(3);

  constructor() {
    super(0);
  }
}

/** The plugin's memory: scope `plugin`; `.room`, `.user` and `.connection` for the others. */
export const state = new PluginState();
