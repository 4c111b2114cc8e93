import { FINGERPRINT_PADDING, type FirstSight, fingerprintWords } from '@framegate/sdk/abi';
import type { PluginCall } from '../../pipeline/plugin.js';
import { stateOwner } from '../../state/state-owner.js';
import { BACKSLASH, unescapeByte } from './text-finder.js';

/** An entry that the host may replace: the fingerprint and when it was seen. A longer one is the guest's. */
const ENTRY_BYTES = 16;
const FINGERPRINT_BYTES = 8;

/** Enters texts that are new into a plugin's table of those it has seen lately (docs/abi.md). */
export class FirstSightTable {
  readonly #options: FirstSight;
  readonly #plugin: string;
  readonly #stateBytes: number;
  readonly #entry = new Uint8Array(ENTRY_BYTES);
  readonly #fingerprint = new Uint32Array(this.#entry.buffer, 0, 2);
  readonly #time = new Float64Array(this.#entry.buffer, FINGERPRINT_BYTES, 1);
  #words = new Int32Array(256);
  #bytes = new Uint8Array(this.#words.buffer);

  constructor(options: FirstSight, plugin: string, stateBytes: number) {
    this.#options = options;
    this.#plugin = plugin;
    this.#stateBytes = stateBytes;
  }

  /** True if the text is new, and entered now, or too short to count. False leaves the state as it is. */
  enter(call: PluginCall, start: number, end: number, escaped: boolean): boolean {
    const length = this.#fold(call.frame.payload, start, end, escaped);
    if (length < 0) return false;
    const { scope, key, slots, ttlMs, minLength } = this.#options;
    if (length < minLength) return true;
    const { high, low } = fingerprintWords(this.#words, length + FINGERPRINT_PADDING);
    const owner = stateOwner(scope, call.connection);
    const at = { plugin: this.#plugin, scope, owner, key: `${key}${low % slots}` };
    // Little-endian, like the guests and every machine that Node runs on.
    this.#fingerprint[0] = low;
    this.#fingerprint[1] = high;
    this.#time[0] = call.now;
    const before = call.state.get(at)?.value;
    if (before !== undefined && (before.length !== ENTRY_BYTES || this.#isSame(before))) return false;
    return call.state.set(at, this.#entry.slice(), ttlMs, this.#stateBytes) === 0;
  }

  /** Small letters, and no white space, into the buffer, with the padding; how many bytes, or −1 for a text of anything but printable ASCII and white space. */
  #fold(payload: Uint8Array, start: number, end: number, escaped: boolean): number {
    if (this.#bytes.length < end - start + FINGERPRINT_PADDING) this.#grow(end - start + FINGERPRINT_PADDING);
    const out = this.#bytes;
    let length = 0;
    for (let at = start; at < end; at++) {
      let byte = payload[at] as number;
      if (escaped && byte === BACKSLASH) byte = unescapeByte(payload[++at] as number);
      if (byte === 0x20 || (byte >= 9 && byte <= 13)) continue;
      if (byte < 0x20 || byte > 0x7e) return -1;
      out[length++] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    }
    for (let index = 0; index < FINGERPRINT_PADDING; index++) out[length + index] = 0;
    return length;
  }

  #isSame(entry: Uint8Array): boolean {
    for (let index = 0; index < FINGERPRINT_BYTES; index++) if (entry[index] !== this.#entry[index]) return false;
    return true;
  }

  #grow(bytes: number): void {
    this.#words = new Int32Array(bytes);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }
}
