import type { Hook, StateScope } from './manifest.js';

/**
 * A text that counts as new if a bounded table, kept in the plugin's state, has nothing else of it. A new one is entered into the table
 * and ruled out; anything else is the guest's to judge. The entry's layout is in docs/abi.md.
 */
export interface FirstSight {
  readonly scope: Extract<StateScope, 'plugin' | 'room'>;
  /** What the table's keys begin with; a place's number follows. */
  readonly key: string;
  /** Places of the table, 1 to 2³¹ − 1. */
  readonly slots: number;
  /** Milliseconds that a text is remembered. */
  readonly ttlMs: number;
  /** A text with fewer characters, spaces apart, is ruled out and not entered. */
  readonly minLength: number;
}

/** When the text of a frame is none of the guest's business: all of these rule it out, or the frame has no text. */
export interface TextGuard {
  /** The member of a JSON object that holds the text. */
  readonly field: string;
  /** Whether a payload that is no JSON is text as a whole. */
  readonly raw: boolean;
  /** A text of at most this many bytes. */
  readonly maxBytes?: number;
  /** A text of printable ASCII in which none of these ASCII characters stands. */
  readonly without?: string;
  /** A text in which none of these words can be read, however they are spelled. */
  readonly words?: readonly string[];
  /** A text that is seen for the first time. Looked at last. */
  readonly firstSight?: FirstSight;
}

/** Which frames one hook has no interest in: the host does not call it for them, and they pass. What is left out rules nothing out. */
export interface HookGuard {
  /** No frame at all, whatever it is. */
  readonly never?: boolean;
  /** Payload bytes above which the guest is called, before anything else is looked at. Default, and at most: 65,536. */
  readonly maxBytes?: number;
  /** Frames of at most this many payload bytes, of either kind. */
  readonly smallBytes?: number;
  /** Binary frames. */
  readonly binary?: boolean;
  /** Text frames by their text. */
  readonly text?: TextGuard;
}

/** A hook that is called with a frame. */
export type MessageHook = Extract<Hook, 'on_request_message' | 'on_response_message'>;

/** What `framegate_guard` says: a guard for each hook that has one. */
export type PluginGuards = Readonly<Partial<Record<MessageHook, HookGuard>>>;

/** What a guard may be, at most; beyond it the hook has no guard and is called for every frame. */
export const GUARD_LIMITS = {
  /** Bytes of the description as JSON. */
  descriptionBytes: 1_048_576,
  /** UTF-16 units of all `words` together: the host's tables take up to 64 bytes each. With more of them the hook has no guard. */
  wordUnits: 65_535,
  /** Payload bytes that a guard looks at. */
  payloadBytes: 65_536,
} as const;
