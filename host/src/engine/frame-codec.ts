import { HOOKS, type Hook, STATE_SCOPES } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { HttpRecord } from '../pipeline/http-journal.js';
import type { StateFilter, StateWrite } from '../state/state-store.js';
import { FAULT_CODES } from '../verdict.js';
import { type ByteReader, type ByteWriter, pick } from './byte-codec.js';
import { readHttpRecord, writeHttpRecord } from './http-codec.js';
import { NO_SKIPS, type Skip } from './in-flight.js';
import { readWrites, writeWrites } from './write-codec.js';

const OP_FRAME = 0;
const OP_CONTEXT = 1;
const OP_FORGET = 2;
const OP_STATE = 3;
const OP_WIPE = 4;
const OP_SWEEP = 5;
const OP_MARK = 6;

/** Who is not named by a filter; an index of STATE_SCOPES otherwise. */
const ANY_SCOPE = 255;

const HOOK_MASK = 0b11;
const BINARY = 0b100;
const SKIPS = 0b1000;
const HTTP = 0b10000;
const TRACED = 0b100000;

/** What a worker is told, in order. A frame's payload is a view into the batch. */
export type WorkerCommand =
  | {
      readonly kind: 'frame';
      readonly sequence: number;
      readonly chain: number;
      readonly connection: number;
      readonly hook: Hook;
      readonly frame: Frame;
      readonly skips: readonly Skip[];
      /** Its calls are wanted with its result. */
      readonly traced: boolean;
      /** It has run before, and has got answers from the network. */
      readonly http?: HttpRecord | undefined;
    }
  | { readonly kind: 'context'; readonly context: ConnectionContext }
  /** The connection `id` has left this worker; `connection` is its handle. `gone`: it is nowhere else either. */
  | { readonly kind: 'forget'; readonly connection: number; readonly id: string; readonly gone: boolean }
  /** What the store has, for this worker's replica. */
  | { readonly kind: 'state'; readonly writes: readonly StateWrite[]; readonly now: number }
  /** The replica forgets what the filter names. `answered`: the store does so too, when the answer comes. */
  | { readonly kind: 'wipe'; readonly filter: StateFilter; readonly answered: boolean }
  /** The replica forgets what has expired, and says so. */
  | { readonly kind: 'sweep' }
  /** Answered like a wipe, and nothing else. */
  | { readonly kind: 'mark' };

export function writeCommand(out: ByteWriter, command: WorkerCommand): void {
  switch (command.kind) {
    case 'frame': {
      const { hook, frame, skips, http } = command;
      out.u8(OP_FRAME);
      out.u8(
        HOOKS.indexOf(hook) |
          (frame.kind === 'binary' ? BINARY : 0) |
          (skips.length > 0 ? SKIPS : 0) |
          (http ? HTTP : 0) |
          (command.traced ? TRACED : 0),
      );
      out.u32(command.sequence);
      out.u32(command.chain);
      out.u32(command.connection);
      out.bytes(frame.payload);
      if (skips.length > 0) writeSkips(out, skips);
      if (http) writeHttpRecord(out, http);
      return;
    }
    case 'context':
      out.u8(OP_CONTEXT);
      out.text(JSON.stringify(command.context));
      return;
    case 'forget':
      out.u8(OP_FORGET);
      out.u8(command.gone ? 1 : 0);
      out.u32(command.connection);
      out.text(command.id);
      return;
    case 'state':
      out.u8(OP_STATE);
      out.f64(command.now);
      writeWrites(out, command.writes);
      return;
    case 'wipe':
      out.u8(OP_WIPE);
      out.u8(command.answered ? 1 : 0);
      writeFilter(out, command.filter);
      return;
    case 'sweep':
      out.u8(OP_SWEEP);
      return;
    case 'mark':
      out.u8(OP_MARK);
  }
}

export function readCommand(from: ByteReader): WorkerCommand {
  const op = from.u8();
  switch (op) {
    case OP_FRAME: {
      const flags = from.u8();
      const sequence = from.u32();
      const chain = from.u32();
      const connection = from.u32();
      const frame: Frame = { kind: flags & BINARY ? 'binary' : 'text', payload: from.view() };
      const skips = flags & SKIPS ? readSkips(from) : NO_SKIPS;
      const http = flags & HTTP ? readHttpRecord(from) : undefined;
      return {
        kind: 'frame',
        sequence,
        chain,
        connection,
        hook: pick(HOOKS, flags & HOOK_MASK),
        frame,
        skips,
        traced: (flags & TRACED) !== 0,
        http,
      };
    }
    case OP_CONTEXT:
      return { kind: 'context', context: JSON.parse(from.text()) };
    case OP_FORGET:
      return { kind: 'forget', gone: from.u8() === 1, connection: from.u32(), id: from.text() };
    case OP_STATE:
      return { kind: 'state', now: from.f64(), writes: readWrites(from) };
    case OP_WIPE:
      return { kind: 'wipe', answered: from.u8() === 1, filter: readFilter(from) };
    case OP_SWEEP:
      return { kind: 'sweep' };
    case OP_MARK:
      return { kind: 'mark' };
    default:
      throw new RangeError(`unknown worker command ${op}`);
  }
}

function writeFilter(out: ByteWriter, { plugin, scope, owner }: StateFilter): void {
  out.u8((plugin === undefined ? 0 : 1) | (owner === undefined ? 0 : 2));
  out.u8(scope === undefined ? ANY_SCOPE : STATE_SCOPES.indexOf(scope));
  out.text(plugin ?? '');
  out.text(owner ?? '');
}

function readFilter(from: ByteReader): StateFilter {
  const named = from.u8();
  const scope = from.u8();
  const plugin = from.text();
  const owner = from.text();
  return {
    ...(named & 1 ? { plugin } : undefined),
    ...(scope === ANY_SCOPE ? undefined : { scope: pick(STATE_SCOPES, scope) }),
    ...(named & 2 ? { owner } : undefined),
  };
}

function writeSkips(out: ByteWriter, skips: readonly Skip[]): void {
  out.u8(skips.length);
  for (const skip of skips) {
    out.u8(skip.plugin);
    out.u8(FAULT_CODES.indexOf(skip.fault));
  }
}

function readSkips(from: ByteReader): Skip[] {
  return Array.from({ length: from.u8() }, () => ({ plugin: from.u8(), fault: pick(FAULT_CODES, from.u8()) }));
}
