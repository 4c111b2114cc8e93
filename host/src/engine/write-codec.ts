import { STATE_SCOPES } from '@framegate/sdk/abi';
import type { StateKey, StateWrite } from '../state/state-store.js';
import { type ByteReader, type ByteWriter, pick } from './byte-codec.js';
import type { StateGrowth } from './state-quota.js';

const NO_GROWTH: readonly StateGrowth[] = Object.freeze([]);
const WRITE_KINDS = ['set', 'delete', 'add'] as const satisfies readonly StateWrite['kind'][];

export function writeWrites(out: ByteWriter, writes: readonly StateWrite[]): void {
  out.u32(writes.length);
  for (const write of writes) {
    out.u8(WRITE_KINDS.indexOf(write.kind));
    out.name(write.key.plugin);
    out.u8(STATE_SCOPES.indexOf(write.key.scope));
    out.text(write.key.owner);
    out.text(write.key.key);
    if (write.kind === 'delete') continue;
    out.f64(write.expiresAt);
    if (write.kind === 'set') out.bytes(write.value);
    else out.f64(write.delta);
  }
}

export function readWrites(from: ByteReader): StateWrite[] {
  const writes: StateWrite[] = [];
  for (let left = from.u32(); left > 0; left--) writes.push(readWrite(from));
  return writes;
}

function readWrite(from: ByteReader): StateWrite {
  const kind = pick(WRITE_KINDS, from.u8());
  const key: StateKey = { plugin: from.name(), scope: pick(STATE_SCOPES, from.u8()), owner: from.text(), key: from.text() };
  if (kind === 'delete') return { kind, key };
  const expiresAt = from.f64();
  return kind === 'set' ? { kind, key, value: from.bytes(), expiresAt } : { kind, key, delta: from.f64(), expiresAt };
}

export function writeGrowth(out: ByteWriter, growth: readonly StateGrowth[]): void {
  out.u8(growth.length);
  for (const { plugin, bytes, spare } of growth) {
    out.name(plugin);
    out.f64(bytes);
    out.f64(spare);
  }
}

export function readGrowth(from: ByteReader): readonly StateGrowth[] {
  const count = from.u8();
  if (count === 0) return NO_GROWTH;
  return Array.from({ length: count }, () => ({ plugin: from.name(), bytes: from.f64(), spare: from.f64() }));
}
