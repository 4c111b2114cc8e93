import { HOOKS } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { Outcome, OutcomeNote, TracedCall } from '../pipeline/outcome.js';
import type { StateWrite } from '../state/state-store.js';
import { FAULT_CODES } from '../verdict.js';
import { ByteReader, type ByteWriter, pick } from './byte-codec.js';
import { type HttpWait, readHttpWait, writeHttpWait } from './http-codec.js';
import type { StateGrowth } from './state-quota.js';
import type { StateChange } from './state-replica.js';
import { readGrowth, readWrites, writeGrowth, writeWrites } from './write-codec.js';

const PASS = 0;
const FULL = 1;
const LOG = 2;
const WIPED = 3;
const WAIT = 4;
const DEFERRED = 5;
const TRACE = 6;
const CHANGE = 7;
/** The frame passes unchanged, and state has changed. */
const PASS_CHANGE = 8;

const HAS_CLOSE = 1;
const HAS_FAILED = 2;
const HAS_CHANGE = 4;

const FRAME_TAGS = ['text', 'binary', 'original'] as const;
const NOTE_KINDS = ['drop', 'replace', 'reject', 'close', 'reply', 'note', 'fault'] as const satisfies readonly OutcomeNote['kind'][];
const VERDICTS = ['pass', 'wait', ...NOTE_KINDS] as const satisfies readonly TracedCall['verdict'][];
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const NO_NOTES: readonly OutcomeNote[] = Object.freeze([]);
const NO_FRAMES: readonly Frame[] = Object.freeze([]);
const NO_WRITES: readonly StateWrite[] = Object.freeze([]);
const NO_GROWTH: readonly StateGrowth[] = Object.freeze([]);

export interface PluginLog {
  readonly plugin: string;
  readonly level: (typeof LEVELS)[number];
  readonly message: string;
  /** The connection's id. */
  readonly connection: string;
}

/** One frame's result: what becomes of it, and what its plugins wrote, as of `now`. */
export interface FrameResult extends StateChange {
  readonly outcome: Outcome;
}

/**
 * What a worker says, in order: each frame's logs, its calls if it is traced, then its result. A frame that passes unchanged and leaves the state
 * takes one byte.
 */
export type WorkerAnswer =
  | { readonly kind: 'result'; readonly result: FrameResult }
  | { readonly kind: 'log'; readonly log: PluginLog }
  /** What the next frame with a result has called. */
  | { readonly kind: 'trace'; readonly calls: readonly TracedCall[] }
  /** State has changed without a frame's result: entries have expired, or room is not needed after all. */
  | { readonly kind: 'change'; readonly change: StateChange }
  /** The replica has forgotten what the oldest `wipe` without an answer named. */
  | { readonly kind: 'wiped' }
  /** The frame has no result yet: it is to run again with the answers to these requests. */
  | { readonly kind: 'wait'; readonly wait: HttpWait }
  /** The frame has not run: one of its lane waits. It is to be sent again when that one has its result. */
  | { readonly kind: 'deferred' };

/** `original` is the frame as submitted: where the outcome names that very object, its payload does not travel back. */
export function writeResult(out: ByteWriter, result: FrameResult, original: Frame): void {
  const { outcome, writes, growth } = result;
  const changes = writes.length > 0 || growth.length > 0;
  if (isPass(outcome, original)) {
    out.u8(changes ? PASS_CHANGE : PASS);
    if (changes) writeStateChange(out, result);
    return;
  }
  out.u8(FULL);
  out.u8((outcome.close ? HAS_CLOSE : 0) | (outcome.failed ? HAS_FAILED : 0) | (changes ? HAS_CHANGE : 0));
  writeFrames(out, outcome.forward, original);
  writeFrames(out, outcome.reply, original);
  out.u32(outcome.notes.length);
  for (const note of outcome.notes) writeNote(out, note);
  if (outcome.close) {
    out.u32(outcome.close.code);
    out.text(outcome.close.reason);
  }
  if (outcome.failed) {
    out.text(outcome.failed.plugin);
    out.u8(FAULT_CODES.indexOf(outcome.failed.fault));
  }
  if (changes) writeStateChange(out, result);
}

export function writeLog(out: ByteWriter, log: PluginLog): void {
  out.u8(LOG);
  out.u8(LEVELS.indexOf(log.level));
  out.text(log.plugin);
  out.text(log.message);
  out.text(log.connection);
}

export function writeTrace(out: ByteWriter, calls: readonly TracedCall[]): void {
  out.u8(TRACE);
  out.u32(calls.length);
  for (const { plugin, hook, verdict, startedAt, ms } of calls) {
    out.text(plugin);
    out.u8(HOOKS.indexOf(hook));
    out.u8(VERDICTS.indexOf(verdict));
    out.f64(startedAt);
    out.f64(ms);
  }
}

export function writeChange(out: ByteWriter, change: StateChange): void {
  out.u8(CHANGE);
  writeStateChange(out, change);
}

export function writeWiped(out: ByteWriter): void {
  out.u8(WIPED);
}

export function writeWait(out: ByteWriter, wait: HttpWait): void {
  out.u8(WAIT);
  writeHttpWait(out, wait);
}

export function writeDeferred(out: ByteWriter): void {
  out.u8(DEFERRED);
}

/** `original` gives the oldest frame that is not answered; it is asked once for each answer that is about a frame. */
export function readAnswer(from: ByteReader, original: () => Frame): WorkerAnswer {
  const tag = from.u8();
  switch (tag) {
    case PASS:
      return { kind: 'result', result: { outcome: passOutcome(original()), writes: NO_WRITES, now: 0, growth: NO_GROWTH } };
    case PASS_CHANGE:
      return {
        kind: 'result',
        result: { outcome: passOutcome(original()), now: from.f64(), writes: readWrites(from), growth: readGrowth(from) },
      };
    case FULL:
      return { kind: 'result', result: readFull(from, original()) };
    case LOG:
      return { kind: 'log', log: { level: pick(LEVELS, from.u8()), plugin: from.text(), message: from.text(), connection: from.text() } };
    case TRACE:
      return { kind: 'trace', calls: readTrace(from) };
    case CHANGE:
      return { kind: 'change', change: readStateChange(from) };
    case WIPED:
      return { kind: 'wiped' };
    case WAIT:
      original();
      return { kind: 'wait', wait: readHttpWait(from) };
    case DEFERRED:
      original();
      return { kind: 'deferred' };
    default:
      throw new RangeError(`unknown worker answer ${tag}`);
  }
}

function readTrace(from: ByteReader): TracedCall[] {
  return Array.from({ length: from.u32() }, () => ({
    plugin: from.text(),
    hook: pick(HOOKS, from.u8()),
    verdict: pick(VERDICTS, from.u8()),
    startedAt: from.f64(),
    ms: from.f64(),
  }));
}

/** The log lines of a thread that runs no frames: it answers nothing else. */
export function readLogs(bytes: ArrayBuffer): PluginLog[] {
  const from = new ByteReader(bytes);
  const logs: PluginLog[] = [];
  while (!from.done) {
    const answer = readAnswer(from, () => {
      throw new RangeError('a thread without frames has answered one');
    });
    if (answer.kind === 'log') logs.push(answer.log);
  }
  return logs;
}

export function passOutcome(frame: Frame): Outcome {
  return { forward: [frame], reply: NO_FRAMES, notes: NO_NOTES };
}

function isPass(outcome: Outcome, original: Frame): boolean {
  return (
    outcome.forward.length === 1 &&
    outcome.forward[0] === original &&
    outcome.notes.length === 0 &&
    outcome.reply.length === 0 &&
    outcome.close === undefined &&
    outcome.failed === undefined
  );
}

function readFull(from: ByteReader, original: Frame): FrameResult {
  const flags = from.u8();
  const outcome: Outcome = {
    forward: readFrames(from, original),
    reply: readFrames(from, original),
    notes: readNotes(from),
    ...(flags & HAS_CLOSE ? { close: { code: from.u32(), reason: from.text() } } : undefined),
    ...(flags & HAS_FAILED ? { failed: { plugin: from.text(), fault: pick(FAULT_CODES, from.u8()) } } : undefined),
  };
  if ((flags & HAS_CHANGE) === 0) return { outcome, writes: NO_WRITES, now: 0, growth: NO_GROWTH };
  return { outcome, ...readStateChange(from) };
}

function writeStateChange(out: ByteWriter, { writes, now, growth }: StateChange): void {
  out.f64(now);
  writeWrites(out, writes);
  writeGrowth(out, growth);
}

function readStateChange(from: ByteReader): StateChange {
  return { now: from.f64(), writes: readWrites(from), growth: readGrowth(from) };
}

function writeFrames(out: ByteWriter, frames: readonly Frame[], original: Frame): void {
  out.u32(frames.length);
  for (const frame of frames) {
    out.u8(FRAME_TAGS.indexOf(frame === original ? 'original' : frame.kind));
    if (frame !== original) out.bytes(frame.payload);
  }
}

function readFrames(from: ByteReader, original: Frame): readonly Frame[] {
  const count = from.u32();
  if (count === 0) return NO_FRAMES;
  return Array.from({ length: count }, () => {
    const tag = pick(FRAME_TAGS, from.u8());
    return tag === 'original' ? original : { kind: tag, payload: from.bytes() };
  });
}

function writeNote(out: ByteWriter, note: OutcomeNote): void {
  out.u8(NOTE_KINDS.indexOf(note.kind));
  out.u8((note.reason === undefined ? 0 : 1) | (note.fault === undefined ? 0 : 2));
  out.text(note.plugin);
  if (note.reason !== undefined) out.text(note.reason);
  if (note.fault !== undefined) out.u8(FAULT_CODES.indexOf(note.fault));
}

function readNotes(from: ByteReader): readonly OutcomeNote[] {
  const count = from.u32();
  if (count === 0) return NO_NOTES;
  return Array.from({ length: count }, () => {
    const kind = pick(NOTE_KINDS, from.u8());
    const flags = from.u8();
    return {
      plugin: from.text(),
      kind,
      ...(flags & 1 ? { reason: from.text() } : undefined),
      ...(flags & 2 ? { fault: pick(FAULT_CODES, from.u8()) } : undefined),
    };
  });
}
