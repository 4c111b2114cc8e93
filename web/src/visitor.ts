import { nameProblem } from './protocol.js';

/** What this browser remembers: the name in its storage, the room in the page's address. */

const NAME_KEY = 'framegate.name';

export const DEFAULT_ROOM = 'lobby';

/** The name used last, or ''. Storage may be switched off: then there is none. */
export function rememberedName(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Only asked for again next time.
  }
}

/** The room in `?room=`, if it is a possible one. */
export function addressedRoom(): string | undefined {
  const room = new URLSearchParams(location.search).get('room')?.trim();
  return room === undefined || nameProblem(room) !== undefined ? undefined : room;
}

/** Puts the room into the address, as a new step in the history; `undefined` takes it out. */
export function addressRoom(room: string | undefined): void {
  if (room === addressedRoom()) return;
  const url = new URL(location.href);
  if (room === undefined) url.searchParams.delete('room');
  else url.searchParams.set('room', room);
  history.pushState(null, '', url);
}
