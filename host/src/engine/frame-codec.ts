import { HOOKS, type Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import { FAULT_CODES } from '../verdict.js';
import type { ByteReader, ByteWriter } from './byte-codec.js';
import { NO_SKIPS, type Skip } from './in-flight.js';

const OP_FRAME = 0;
const OP_CONTEXT = 1;
const OP_DETACH = 2;

const HOOK_MASK = 0b11;
const BINARY = 0b100;
const SKIPS = 0b1000;

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
    }
  | { readonly kind: 'context'; readonly context: ConnectionContext }
  /** The connection `id` has left the chain; `connection` is its handle. */
  | { readonly kind: 'detach'; readonly chain: number; readonly connection: number; readonly id: string };

export function writeCommand(out: ByteWriter, command: WorkerCommand): void {
  switch (command.kind) {
    case 'frame': {
      const { hook, frame, skips } = command;
      out.u8(OP_FRAME);
      out.u8(HOOKS.indexOf(hook) | (frame.kind === 'binary' ? BINARY : 0) | (skips.length > 0 ? SKIPS : 0));
      out.u32(command.sequence);
      out.u32(command.chain);
      out.u32(command.connection);
      out.bytes(frame.payload);
      if (skips.length > 0) writeSkips(out, skips);
      return;
    }
    case 'context':
      out.u8(OP_CONTEXT);
      out.text(JSON.stringify(command.context));
      return;
    case 'detach':
      out.u8(OP_DETACH);
      out.u32(command.chain);
      out.u32(command.connection);
      out.text(command.id);
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
      return { kind: 'frame', sequence, chain, connection, hook: pick(HOOKS, flags & HOOK_MASK), frame, skips };
    }
    case OP_CONTEXT:
      return { kind: 'context', context: JSON.parse(from.text()) };
    case OP_DETACH:
      return { kind: 'detach', chain: from.u32(), connection: from.u32(), id: from.text() };
    default:
      throw new RangeError(`unknown worker command ${op}`);
  }
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

/** The member of a closed list that an index on the wire stands for. */
export function pick<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`index ${index} is outside a list of ${list.length}`);
  return value;
}
