/**
 * The functions that the Wasm core's glue gives to JavaScript inside the guest, one call each into ABI v1.
 * They exist only in a module built from a `definePlugin` source. Undefined outside a hook's call.
 */
export interface Native {
  /** 0 = text, 1 = binary. */
  frameKind(): number;
  /** Payload bytes. */
  frameLength(): number;
  /** The payload decoded as UTF-8 (the host has checked that a text frame is). */
  frameText(): string;
  /** A copy of the payload. */
  frameBytes(): ArrayBuffer;
  /** The number that stands for this connection, and the version of its context. */
  connectionHandle(): number;
  contextVersion(): number;
  /** The connection's context as JSON; the plugin's config as JSON. */
  connectionJson(): string;
  configJson(): string;
  /** Appends a verdict record (OP in abi-v1.ts). A string becomes UTF-8, a lone surrogate in it U+FFFD; bytes are not copied. */
  emit(op: number, argument: number, data?: string | ArrayBuffer | Uint8Array): void;
  /** Milliseconds since the epoch, constant during one call. */
  now(): number;
  log(level: number, message: string): void;
  /** The value as text or bytes; null if absent; a STATE_STATUS below -1 if refused. */
  stateGetText(scope: number, key: string): string | null | number;
  stateGetBytes(scope: number, key: string): ArrayBuffer | null | number;
  /** 0 or a STATE_STATUS. */
  stateSet(scope: number, key: string, value: string | ArrayBuffer | Uint8Array, ttlMs: number): number;
  stateDelete(scope: number, key: string): number;
  stateAdd(scope: number, key: string, delta: number, ttlMs: number): number;
  stateTtl(scope: number, key: string): number;
  /** In a migration: the next entry as JSON, `{ scope, owner, key }`; null after the last. */
  migrationNext(): string | null;
  /** In a migration: whose state the functions above work on in that scope. 0 or a STATE_STATUS. */
  migrationOwner(scope: number, owner: string): number;
}
