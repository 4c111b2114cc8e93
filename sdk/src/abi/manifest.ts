/** The custom section that marks a module as framegate ABI and carries its manifest (UTF-8 JSON). See docs/abi.md. */
export const MANIFEST_SECTION = 'framegate';

/** The ABI's major version. A host refuses a module that asks for another one. */
export const ABI_VERSION = 1;

/** Every export a host may call, all of them `() -> i32`. A module has at least one of the two message hooks. */
export const HOOKS = ['on_connect', 'on_request_message', 'on_response_message', 'on_disconnect'] as const;
/** The name that a hook is exported under. */
export type Hook = (typeof HOOKS)[number];

/** Whose memory a state key lives in. The order is the number that the ABI passes. */
export const STATE_SCOPES = ['plugin', 'room', 'user', 'connection'] as const;
/** Whose memory it is: of the plugin as a whole, of a room, of a user, of a connection. See docs/abi.md for who has none. */
export type StateScope = (typeof STATE_SCOPES)[number];

/** Whatever JSON can say (RFC 8259). */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
/** A JSON object; of members with one name it has the last. */
export type JsonObject = { [key: string]: JsonValue };

/** What a plugin asks the host for. Nothing that is not named here is granted. */
export interface Capabilities {
  /** State scopes the plugin reads and writes. Default: `plugin` only. */
  readonly state: readonly StateScope[];
  /** Hosts it calls over HTTP (http-hosts.ts). Default: none. */
  readonly http: readonly string[];
  /** Hosts that it calls if the operator grants them, and does without otherwise. Absent: none. */
  readonly httpOptional?: readonly string[];
}

/** What the host knows of a plugin before it runs a single instruction of it. */
export interface PluginManifest {
  readonly abi: number;
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly hooks: readonly Hook[];
  /** JSON Schema (draft 2020-12) of the plugin's configuration; the host validates and fills defaults. */
  readonly config?: JsonObject;
  readonly capabilities: Capabilities;
  /** `per-message`: a broadcast may run the response hook once for all recipients. Default `per-recipient`. */
  readonly response: 'per-recipient' | 'per-message';
}
