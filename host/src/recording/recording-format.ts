import { isUtf8 } from 'node:buffer';
import type { Hook, JsonObject, StateScope } from '@framegate/sdk/abi';
import type { PluginLimits } from '../engine/engine.js';
import type { Frame, FrameKind } from '../frame.js';
import type { HttpGrant } from '../http/http-grant.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { HttpExchange } from '../pipeline/http-exchange.js';
import type { StateEntry, StateKey, StateWrite } from '../state/state-store.js';
import type { Answer, Close, FaultCode } from '../verdict.js';

/** Grows when a file of the older kind could no longer be replayed exactly. */
export const RECORDING_VERSION = 1;

/** Bytes: as text where they are UTF-8. */
type RecordedBytes = { readonly text: string } | { readonly base64: string };
export type RecordedFrame = { readonly kind: FrameKind } & RecordedBytes;
/** Scope, owner, key. The plugin is always the recorded one. */
export type RecordedKey = readonly [scope: StateScope, owner: string, key: string];

/** The first line: everything that has to be the same for the same answers. */
export interface RecordingHeader {
  readonly framegate: 'recording';
  readonly version: number;
  readonly plugin: { readonly name: string; readonly version?: string; readonly sha256: string; readonly file: string };
  readonly config: JsonObject;
  readonly limits: PluginLimits;
  readonly http?: HttpGrant;
  /** Of the guest's random bytes (seeded-source.ts). */
  readonly seed: string;
  /** Milliseconds since the epoch: what the guest took for the time while it was set up. */
  readonly startedAt: number;
  /** Names of JSON fields whose values were replaced. With any, the file has no answers until a replay fills them in. */
  readonly masked: readonly string[];
}

/** What a plugin may know of a connection from here on. */
export interface RecordedConnection {
  readonly kind: 'connection';
  readonly context: ConnectionContext;
}

/** Written before the guest runs: a call without an answer is one that never came back. */
export interface RecordedCall {
  readonly kind: 'call';
  /** From 1. */
  readonly call: number;
  readonly hook: Hook;
  /** The connection's handle. */
  readonly connection: number;
  readonly now: number;
  readonly frame: RecordedFrame;
  /** What the plugin's requests of this frame had been answered with by then; absent where it has no network. */
  readonly http?: { readonly startedAt: number; readonly exchanges: readonly RecordedExchange[] };
}

export interface RecordedExchange {
  readonly request: { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>> } & {
    readonly body: RecordedBytes;
  };
  readonly result:
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: RecordedBytes }
    | { readonly failed: string };
}

type RecordedWrite =
  | { readonly set: RecordedKey; readonly value: RecordedBytes; readonly expiresAt: number }
  | { readonly delete: RecordedKey }
  | { readonly add: RecordedKey; readonly delta: number; readonly expiresAt: number };

/** What one call came to, in words that compare as text. */
export interface RecordedOutcome {
  readonly verdict?: {
    readonly forward?: readonly RecordedFrame[];
    readonly reply?: readonly RecordedFrame[];
    readonly close?: Close;
    readonly reject?: Close;
    readonly reason?: string;
  };
  readonly fault?: { readonly code: FaultCode; readonly message: string };
  /** It waits for answers from the network, and runs again with them. */
  readonly wait?: true;
  /** What it wrote; none after a fault. */
  readonly writes: readonly RecordedWrite[];
}

/** State that was not what the calls before have left: of before the recording, or changed by somebody else. */
export interface RecordedEntry {
  readonly key: RecordedKey;
  /** null: there is none. */
  readonly value: RecordedBytes | null;
  readonly expiresAt: number;
}

/** The line of a recording that tells what a call came to. */
export interface RecordedAnswer extends RecordedOutcome {
  readonly kind: 'answer';
  readonly call: number;
  /** What holds before the call. */
  readonly state?: readonly RecordedEntry[];
  /** Writes that were refused, by their place among the call's writes, with the status given; null: not a number. */
  readonly refused?: readonly (readonly [place: number, status: number | null])[];
}

export interface RecordedEnd {
  readonly kind: 'end';
  readonly why: 'max-frames' | 'max-bytes' | 'closed';
  readonly calls: number;
}

export type RecordingLine = RecordedConnection | RecordedCall | RecordedAnswer | RecordedEnd;

function recordBytes(bytes: Uint8Array): RecordedBytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? { text: buffer.toString('utf8') } : { base64: buffer.toString('base64') };
}

function bytesOf(bytes: RecordedBytes): Uint8Array {
  return 'text' in bytes ? Buffer.from(bytes.text) : Buffer.from(bytes.base64, 'base64');
}

export function recordFrame({ kind, payload }: Frame): RecordedFrame {
  return { kind, ...recordBytes(payload) };
}

/** The frame that was recorded. */
export function frameOf(frame: RecordedFrame): Frame {
  return { kind: frame.kind, payload: bytesOf(frame) };
}

export function recordKey({ scope, owner, key }: StateKey): RecordedKey {
  return [scope, owner, key];
}

function keyOf(plugin: string, [scope, owner, key]: RecordedKey): StateKey {
  return { plugin, scope, owner, key };
}

export function recordEntry(key: StateKey, entry: StateEntry | undefined): RecordedEntry {
  return { key: recordKey(key), value: entry === undefined ? null : recordBytes(entry.value), expiresAt: entry?.expiresAt ?? 0 };
}

/** The write that makes an entry be what was recorded. */
export function entryWrite(plugin: string, { key, value, expiresAt }: RecordedEntry): StateWrite {
  if (value === null) return { kind: 'delete', key: keyOf(plugin, key) };
  return { kind: 'set', key: keyOf(plugin, key), value: bytesOf(value), expiresAt };
}

/** What a call came to, as a recording has it: a verdict, a fault or a wait, and the state writes that go with a verdict. */
export function recordOutcome(answer: Answer, writes: readonly StateWrite[]): RecordedOutcome {
  if (answer.kind === 'wait') return { wait: true, writes: [] };
  if (answer.kind === 'fault') return { fault: { code: answer.code, message: answer.message }, writes: [] };
  const { kind: _kind, forward, reply, ...rest } = answer;
  const frames = { ...(forward && { forward: forward.map(recordFrame) }), ...(reply && { reply: reply.map(recordFrame) }) };
  return { verdict: { ...frames, ...rest }, writes: writes.map(recordWrite) };
}

export function recordExchange({ request, result }: HttpExchange): RecordedExchange {
  return {
    request: { method: request.method, url: request.url, headers: request.headers, body: recordBytes(request.body) },
    result:
      result.kind === 'failed'
        ? { failed: result.message }
        : { status: result.status, headers: result.headers, body: recordBytes(result.body) },
  };
}

/** The HTTP exchange that was recorded, as a call's journal has it. */
export function exchangeOf(plugin: string, { request, result }: RecordedExchange): HttpExchange {
  return {
    plugin,
    request: { ...request, body: bytesOf(request.body) },
    result:
      'failed' in result
        ? { kind: 'failed', message: result.failed }
        : { kind: 'response', status: result.status, headers: result.headers, body: bytesOf(result.body) },
  };
}

function recordWrite(write: StateWrite): RecordedWrite {
  const key = recordKey(write.key);
  if (write.kind === 'delete') return { delete: key };
  if (write.kind === 'add') return { add: key, delta: write.delta, expiresAt: write.expiresAt };
  return { set: key, value: recordBytes(write.value), expiresAt: write.expiresAt };
}
