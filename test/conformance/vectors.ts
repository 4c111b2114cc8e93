import { readFileSync } from 'node:fs';
import type { Frame } from '../../host/src/frame.js';
import type { Close, Fault, Verdict } from '../../host/src/verdict.js';
import { spell } from '../support/plugin-calls.js';

interface VectorFrame {
  readonly kind: Frame['kind'];
  /** A string for text, byte numbers for binary. */
  readonly payload: string | number[];
}

/** What must come of it. A fault's `message` need only be contained. `replies`: how many, where they are too many to spell out. */
export interface Expectation {
  readonly verdict?: { forward?: VectorFrame[]; reply?: VectorFrame[]; close?: Close; reject?: Close; reason?: string; replies?: number };
  readonly fault?: string;
  readonly message?: string;
  readonly attrs?: object;
}

/** An ABI v1 guest's call: the records it leaves at 4096, and the bytes it has at 8192. */
export interface V1Vector {
  readonly name: string;
  readonly records: readonly [op: number, argument: number, address: number, length: number][];
  readonly data: string;
  readonly dataHex?: string;
  readonly repeat?: number;
  readonly recordCount?: number;
  readonly recordsAt?: number;
  readonly returns?: number;
  readonly outputBytes?: number;
  readonly expect: Expectation;
}

export interface OtoroshiVector {
  readonly name: string;
  readonly output: string;
  readonly outputBytes?: number;
  readonly stateBytes?: number;
  readonly expect: Expectation;
}

export interface OtoroshiInputVector {
  readonly name: string;
  readonly connection: object;
  readonly config: Record<string, string>;
  readonly attrs?: object;
  readonly frame: VectorFrame;
  readonly input: object;
}

/** `ttl`: milliseconds; absent: it stays. */
type VectorEntry = readonly [scope: number, owner: string, key: string, value: string, ttl?: number];

/** A migration of guests/migrate.wat, whose manifest has all scopes but `room`. */
export interface MigrationVector {
  readonly name: string;
  readonly from: string;
  readonly state: readonly VectorEntry[];
  /** What the guest logs after the version. */
  readonly sees: readonly string[];
  readonly expect: { readonly state: readonly VectorEntry[] } | { readonly fault: string; readonly message: string };
}

export function readVectors<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')) as T[];
}

/** What a runtime answered, in the words of a vector. */
export function describeAnswer(answer: Verdict | Fault): Expectation {
  if (answer.kind === 'fault') return { fault: answer.code, message: answer.message };
  const { kind: _kind, forward, reply, ...rest } = answer;
  const frames = (list: readonly Frame[]) => list.map((frame) => ({ kind: frame.kind, payload: spell(frame) }));
  if (reply && reply.length > 100) return { verdict: { ...rest, replies: reply.length } };
  return { verdict: { ...rest, ...(forward && { forward: frames(forward) }), ...(reply && { reply: frames(reply) }) } };
}

/** The frame that makes guests/script.wat do what a vector says. */
export function scriptFrame(vector: V1Vector): Frame {
  const records = Array.from({ length: vector.repeat ?? 1 }, () => vector.records).flat();
  const data = vector.dataHex ? Buffer.from(vector.dataHex, 'hex') : Buffer.from(vector.data);
  const payload = Buffer.alloc(12 + Math.max(4096, records.length * 16) + data.length);
  payload.writeInt32LE(vector.returns ?? 0, 0);
  payload.writeUInt32LE(vector.recordCount ?? records.length, 4);
  payload.writeUInt32LE(vector.recordsAt ?? 4096, 8);
  records.flat().forEach((word, index) => {
    payload.writeUInt32LE(word, 12 + index * 4);
  });
  data.copy(payload, payload.length - data.length);
  return { kind: 'binary', payload };
}
