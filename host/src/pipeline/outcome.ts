import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { Close, FaultCode } from '../verdict.js';

/** Something an operator wants to know of a frame's way through the chain. */
export interface OutcomeNote {
  readonly plugin: string;
  readonly kind: 'drop' | 'replace' | 'reject' | 'close' | 'reply' | 'note' | 'fault';
  readonly reason?: string;
  readonly fault?: FaultCode;
}

/** One call that a traced frame caused: of which plugin, what it said, when (milliseconds since the epoch), and for how many milliseconds it ran. */
export interface TracedCall {
  readonly plugin: string;
  readonly hook: Hook;
  readonly verdict: 'pass' | 'wait' | OutcomeNote['kind'];
  readonly startedAt: number;
  readonly ms: number;
}

/** What one route's whole chain made of one frame. */
export interface Outcome {
  /** Towards the backend for `request` hooks and `on_connect`, towards the client for `response`. In order. */
  readonly forward: readonly Frame[];
  /** Back to where the frame came from (for `on_connect`: to the client). In order; sent before a close. */
  readonly reply: readonly Frame[];
  readonly close?: Close;
  /** A plugin with `onFault: closed` failed and the frame was dropped: the sender is to be told. */
  readonly failed?: { readonly plugin: string; readonly fault: FaultCode };
  readonly notes: readonly OutcomeNote[];
  /** Of a traced frame, in order; those of a run that was cut short are not among them. */
  readonly calls?: readonly TracedCall[];
}
