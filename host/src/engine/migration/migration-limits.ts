import type { PluginLimits } from '../engine.js';

export const DEFAULT_MIGRATE_MS = 5_000;
export const DEFAULT_UNDO_BYTES = 32 * 1_048_576;

/** Milliseconds that frames may wait for a migration. */
export function migrateMsOf({ migrateMs }: PluginLimits): number {
  return migrateMs ?? DEFAULT_MIGRATE_MS;
}

/** Bytes of what is kept to take migrations back; 0: nothing is. */
export function undoBytesOf({ migrateUndoBytes }: PluginLimits): number {
  return migrateUndoBytes ?? DEFAULT_UNDO_BYTES;
}
