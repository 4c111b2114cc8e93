import { expect, it } from 'vitest';
import type { MessageEntry, PresenceEntry } from './entry.js';
import { timelineBlocks } from './timeline.js';

const NOON = new Date(2026, 0, 2, 12).getTime();
const MINUTE = 60_000;

let next = 0;
function message(from: string, minutes: number, own = false): MessageEntry {
  next += 1;
  const delivery = { kind: 'delivered' } as const;
  return {
    kind: 'message',
    key: `${next}`,
    id: `${next}`,
    clientId: undefined,
    from,
    name: from,
    content: '',
    at: NOON + minutes * MINUTE,
    own,
    delivery,
  };
}
const presence: PresenceEntry = { kind: 'presence', key: 'p', what: 'join', name: 'Ada', previous: '', at: NOON };

const shape = (...entries: readonly (MessageEntry | PresenceEntry)[]) =>
  timelineBlocks(entries).map((block) => (block.kind === 'messages' ? block.messages.length : block.kind));

it('groups consecutive messages of one sender', () => {
  expect(shape(message('ada', 0), message('ada', 1), message('bob', 2), message('ada', 3))).toEqual(['day', 2, 1, 1]);
});

it('begins a new group after a pause or a notice', () => {
  expect(shape(message('ada', 0), message('ada', 6))).toEqual(['day', 1, 1]);
  expect(shape(message('ada', 0), presence, message('ada', 1))).toEqual(['day', 1, 'line', 1]);
});

it('keeps our own messages together although each connection has its own id', () => {
  const renamed = { ...message('c2', 1, true), name: 'c1' };
  expect(shape(message('c1', 0, true), renamed)).toEqual(['day', 2]);
});

it('puts a heading where a day begins', () => {
  expect(shape(message('ada', -24 * 60), message('ada', 0), message('ada', 1))).toEqual(['day', 1, 'day', 2]);
});
