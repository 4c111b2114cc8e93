import type { StateEntry, StateFilter, StateKey, StateStore, StateWrite } from '../../state/state-store.js';
import { idOf } from '../../state/state-transaction.js';

interface Change {
  readonly key: StateKey;
  /** Absent: it was not there. */
  readonly before: StateEntry | undefined;
  readonly after: StateEntry | undefined;
}

/** What taking a migration back does. */
export interface Restoration {
  readonly writes: readonly StateWrite[];
  /** Entries that the migration had changed, and something has written again since. */
  readonly overwritten: number;
  /** Entries that came since, under a key that the migration had brought into another form. */
  readonly removed: number;
}

/**
 * How a plugin's state was before a migration changed it. Taking that back gives every entry that the migration changed what it held before, whatever
 * was written to it since; takes away what came since under the key of such an entry in the same scope (another user's, say); and leaves all the rest.
 */
export class UndoLog {
  readonly from: string;
  readonly to: string;
  /** Of keys and values. */
  readonly bytes: number;
  readonly #changes = new Map<string, Change>();
  /** Scopes and keys that have another form since; not in scope `plugin`, where a key has one owner. */
  readonly #forms = new Set<string>();
  /** Entries of such keys that the migration left as they were. */
  readonly #untouched = new Set<string>();

  /** `changes`: of a migration of this plugin's state from one version to the other, before they are applied. */
  constructor(plugin: string, from: string, to: string, changes: readonly StateWrite[], state: StateStore, now: number) {
    this.from = from;
    this.to = to;
    let bytes = 0;
    for (const write of changes) {
      const { key } = write;
      const before = state.get(key, now);
      const after = write.kind === 'set' ? { value: write.value, expiresAt: write.expiresAt } : undefined;
      this.#changes.set(idOf(key), { key, before, after });
      if (key.scope !== 'plugin') this.#forms.add(formOf(key));
      bytes += 2 * key.key.length + key.owner.length + (before?.value.length ?? 0) + (after?.value.length ?? 0);
    }
    for (const [key] of this.#forms.size === 0 ? [] : state.entries({ plugin }, now)) {
      const id = idOf(key);
      if (!this.#forms.has(formOf(key)) || this.#changes.has(id)) continue;
      this.#untouched.add(id);
      bytes += id.length;
    }
    this.bytes = bytes;
  }

  /** What brings the state back. Nothing of this plugin's frames may be under way. `seen`: entries that a later log brings back, to be added to. */
  restore(plugin: string, state: StateStore, now: number, seen: Set<string>): Restoration {
    const writes: StateWrite[] = [];
    let overwritten = 0;
    let removed = 0;
    for (const [id, { key, before, after }] of this.#changes) {
      if (!seen.has(id) && !isSame(state.get(key, now), isLive(after, now) ? after : undefined)) overwritten += 1;
      seen.add(id);
      if (before !== undefined && isLive(before, now)) writes.push({ kind: 'set', key, ...before });
      else writes.push({ kind: 'delete', key });
    }
    for (const [key] of this.#forms.size === 0 ? [] : state.entries({ plugin }, now)) {
      const id = idOf(key);
      if (!this.#forms.has(formOf(key)) || this.#changes.has(id) || this.#untouched.has(id)) continue;
      writes.push({ kind: 'delete', key });
      if (!seen.has(id)) removed += 1;
      seen.add(id);
    }
    return { writes, overwritten, removed };
  }

  /** What was to be forgotten must not come back. */
  forget(filter: StateFilter): void {
    for (const [id, { key }] of this.#changes) if (covers(filter, key)) this.#changes.delete(id);
  }
}

/** Whether a filter names this entry. */
export function covers({ plugin, scope, owner }: StateFilter, key: StateKey): boolean {
  return (plugin ?? key.plugin) === key.plugin && (scope ?? key.scope) === key.scope && (owner ?? key.owner) === key.owner;
}

function formOf({ scope, key }: StateKey): string {
  return `${scope} ${key}`;
}

function isLive(entry: StateEntry | undefined, now: number): boolean {
  return entry !== undefined && (entry.expiresAt === 0 || entry.expiresAt > now);
}

function isSame(a: StateEntry | undefined, b: StateEntry | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.expiresAt === b.expiresAt && Buffer.compare(a.value, b.value) === 0;
}
