import { migrationNext, migrationOwner } from './host';
import { inputAddress, inputLength } from './io';
import { json } from './json';
import { pendingText, utf8, utf8Length } from './text';

let entryScope: i32 = -1;
let entryOwner: string = '';
let entryKey: string = '';

/**
 * For `export function framegate_migrate(): i32`, which brings what another version has kept into the form that this one reads. `state` works on the
 * owner of the entry that `next()` has gone on to, or on the one that `select()` names. Returning 0 makes the changes count, all at once; `fail()` none of them.
 */
export namespace migration {
  /** The version whose form the state has; empty if that had no manifest. */
  export function from(): string {
    return String.UTF8.decodeUnsafe(inputAddress(), <usize>inputLength());
  }

  /** Goes on to the next entry of the plugin's state. False: there is no further one. */
  export function next(): bool {
    const length = migrationNext();
    if (length < 0) return false;
    const entry = pendingText(length);
    entryScope = <i32>json.number(json.member(entry, 'scope'));
    entryOwner = text(entry, 'owner');
    entryKey = text(entry, 'key');
    return true;
  }

  /** Of the entry: 0 plugin, 1 room, 2 user, 3 connection. */
  export function scope(): i32 {
    return entryScope;
  }

  /** The entry's room, user or connection; empty in scope plugin. */
  export function owner(): string {
    return entryOwner;
  }

  export function key(): string {
    return entryKey;
  }

  /** The state of that scope is this owner's from now on, until `next()` comes to another one. False: there is none to work on. */
  export function select(scope: i32, owner: string): bool {
    const length = utf8Length(owner);
    return migrationOwner(scope, utf8(owner, length), length) == 0;
  }
}

function text(entry: string, name: string): string {
  const found = json.text(json.member(entry, name));
  return found === null ? '' : found;
}
