import type { Frame } from './frame.js';

/** Ends a connection. `code` is one that an endpoint may send (RFC 6455 §7.4); `reason` has at most 123 UTF-8 bytes. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** What one plugin says of one frame. */
export interface Verdict {
  readonly kind: 'verdict';
  /** Absent: the frame itself. Empty: the frame ends here. Several: it becomes several. */
  readonly forward?: readonly Frame[];
  /** Frames to whoever sent this one. */
  readonly reply?: readonly Frame[];
  readonly close?: Close;
  /** The frame is invalid: the route's `rejectStrategy` turns this into a drop or a close. */
  readonly reject?: Close;
  /** Why, for logs and metrics. */
  readonly reason?: string;
}

/** The frame goes on unchanged. Compared by identity on the hot path. */
export const PASS: Verdict = Object.freeze({ kind: 'verdict' });

export const FAULT_CODES = [
  'PLUGIN_TRAP',
  'PLUGIN_ERROR',
  'PLUGIN_DEADLINE',
  'PLUGIN_FUEL',
  'PLUGIN_OUTPUT_INVALID',
  'PLUGIN_OUTPUT_TOO_LARGE',
  'PLUGIN_OUT_OF_MEMORY',
  'PLUGIN_LOOP',
  'PLUGIN_QUARANTINED',
] as const;
/** Why a call has no verdict. */
export type FaultCode = (typeof FAULT_CODES)[number];

/** The plugin needs answers from the network (the call's HttpJournal lists them). Whatever else this run of the frame did is void: it runs again. */
export interface Wait {
  readonly kind: 'wait';
}
export const WAIT: Wait = Object.freeze({ kind: 'wait' });

/** What comes of one call of one plugin. */
export type Answer = Verdict | Fault | Wait;

/** A plugin failed on a frame. Data, never an exception: the plugin's `onFault` policy decides what becomes of the frame. */
export interface Fault {
  readonly kind: 'fault';
  readonly code: FaultCode;
  readonly message: string;
}
