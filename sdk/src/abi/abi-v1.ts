/** The import module of framegate ABI v1's host functions. All pointers are into the guest's exported `memory`. */
export const HOST_MODULE = 'framegate:host/v1';

/** Exports of an ABI v1 module beside its hooks; `setup`, `guard` and `migrate` are optional. */
export const GUEST_EXPORTS = {
  memory: 'memory',
  io: 'framegate_io',
  reserve: 'framegate_reserve',
  setup: 'framegate_setup',
  guard: 'framegate_guard',
  migrate: 'framegate_migrate',
} as const;

/** Byte offsets of the I/O block's u32 fields (little-endian). The block is 32 bytes, 4-byte aligned. */
export const IO = {
  /** In: 0 = text, 1 = binary. */
  kind: 0,
  /** In: bytes of the payload; 0 for `on_connect` and `on_disconnect`. */
  length: 4,
  /** In: address of the payload, inside the area that `framegate_reserve` returned. */
  payload: 8,
  /** In: a number that stands for the connection for as long as it lives; the key of a guest's context cache. */
  connection: 12,
  /** In: grows when the connection's context changed, so a cached one must be fetched again. */
  contextVersion: 16,
  /** Out: how many records the verdict has. The host writes 0 before each call; 0 means: pass unchanged. */
  recordCount: 20,
  /** Out: address of the first record, 4-byte aligned. */
  records: 24,
  /** Reserved; the host writes 0. */
  reserved: 28,
} as const;
/** Bytes of the I/O block that `framegate_io` points to. */
export const IO_BYTES = 32;

/** A record is four u32: op, argument, address, byte length. */
export const RECORD_BYTES = 16;
/** More records than this in one verdict are a fault. */
export const MAX_RECORDS = 1024;

/** What a verdict record says. */
export const OP = {
  /** The frame leaves as this payload instead; argument = kind. Several: the frame becomes several. */
  forward: 1,
  /** The frame ends here. No argument, no payload. */
  drop: 2,
  /** A frame back to the sender; argument = kind. */
  reply: 3,
  /** Close the connection; argument = close code, payload = reason (UTF-8, at most 123 bytes). The frame ends here unless a forward record says otherwise. */
  close: 4,
  /** The frame is invalid; argument and payload as for close. The route's `rejectStrategy` decides: drop, or close. */
  reject: 5,
  /** Why, for logs and metrics; payload = UTF-8. */
  note: 6,
  /** Left by `framegate_guard` alone: what its guards are; payload = JSON (guard.ts). */
  guard: 7,
} as const;

/** What a frame is, in the I/O block and as a record's argument. */
export const KIND = { text: 0, binary: 1 } as const;

/** Negative results of the `state_*` functions. */
export const STATE_STATUS = {
  absent: -1,
  /** The plugin's `limits.stateBytes` would be exceeded. */
  full: -2,
  /** The scope is not among the manifest's capabilities. */
  denied: -3,
  /** Key above 512 bytes, or value above `limits.stateBytes`. */
  tooLarge: -4,
} as const;

/** Results of `http_request` that are no HTTP status. */
export const HTTP_STATUS = {
  /** Nothing yet: the hook is to return, and runs again from its start when the answer is there. Only if it was told not to wait. */
  waiting: 0,
  /** There is no response; `http_answer` has the reason. */
  failed: -1,
} as const;

/** What `http_answer` gives. */
export const HTTP_PART = { body: 0, headers: 1 } as const;

/** By the number that `log` takes, from 0. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** How urgent an entry of the host's log is. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every function of {@link HOST_MODULE}: parameter and result types. Guests import only what they use. */
export const HOST_FUNCTIONS = {
  /** (dst): copies the pending result (of `connection`, `config`, `state_get`, `http_answer`) to dst. */
  result_copy: { params: ['i32'], results: [] },
  /** (): byte length of the connection's context (JSON), now pending. */
  connection: { params: [], results: ['i32'] },
  /** (): byte length of the plugin's validated config (JSON), now pending. */
  config: { params: [], results: ['i32'] },
  /** (): milliseconds since the epoch, constant during one call of a hook. */
  now: { params: [], results: ['f64'] },
  /** (level, ptr, len): level indexes LOG_LEVELS. */
  log: { params: ['i32', 'i32', 'i32'], results: [] },
  /** (ptr, len): says why the hook is about to return non-zero. */
  fail: { params: ['i32', 'i32'], results: [] },
  /** (scope, key ptr, key len): byte length of the value, now pending; or a STATE_STATUS. */
  state_get: { params: ['i32', 'i32', 'i32'], results: ['i32'] },
  /** (scope, key ptr, key len, value ptr, value len, ttl ms; 0 = for ever): 0 or a STATE_STATUS. */
  state_set: { params: ['i32', 'i32', 'i32', 'i32', 'i32', 'f64'], results: ['i32'] },
  /** (scope, key ptr, key len): 1 if it was there, 0 if not, or a STATE_STATUS. */
  state_delete: { params: ['i32', 'i32', 'i32'], results: ['i32'] },
  /** (scope, key ptr, key len, delta, ttl ms applied when the key is created): the new number; NaN if refused or not a number. */
  state_add: { params: ['i32', 'i32', 'i32', 'f64', 'f64'], results: ['f64'] },
  /** (scope, key ptr, key len): milliseconds left, Infinity when it never expires, or a STATE_STATUS. */
  state_ttl: { params: ['i32', 'i32', 'i32'], results: ['f64'] },
  /**
   * (request ptr, request len, body ptr, body len, wait): the response's status, or a HTTP_STATUS. The request is JSON: `{ url, method?, headers? }`.
   * With wait = 1 a run of the hook may end inside this call, and the hook start again when the answer is there.
   */
  http_request: { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] },
  /** (part: a HTTP_PART): byte length of that part of the last `http_request`'s answer, now pending. Headers are JSON; the body of a failed request is the reason. */
  http_answer: { params: ['i32'], results: ['i32'] },
  /**
   * (), in a migration: goes to the next entry of the plugin's state; byte length of `{ scope, owner, key }` (JSON, the scope as its number), now pending.
   * Its owner is selected in its scope. -1: there is no further one.
   */
  migration_next: { params: [], results: ['i32'] },
  /** (scope, owner ptr, owner len), in a migration: the state functions work on this owner in that scope from now on. 0 or a STATE_STATUS. */
  migration_owner: { params: ['i32', 'i32', 'i32'], results: ['i32'] },
} as const satisfies Record<string, { params: readonly WasmType[]; results: readonly WasmType[] }>;

type WasmType = 'i32' | 'i64' | 'f32' | 'f64';
