import { describe, expect, it } from 'vitest';
import { type ChatEvent, type ChatState, INITIAL_STATE, reduce } from './chat-state.js';
import { ENTRY_LIMIT } from './entry.js';
import type { Member, RoomMessage, ServerFrame } from './protocol.js';

const ME = { id: 'c1', name: 'Me' };
const ADA = { id: 'c2', name: 'Ada' };

const frame = (value: ServerFrame): ChatEvent => ({ kind: 'frame', frame: value, at: 50 });
const said = (id: string, content = id, from: Member = ADA): RoomMessage => ({ id, from: from.id, name: from.name, content, at: 10 });
const message = (id: string) => frame({ type: 'message', message: said(id) });
const written = (clientId: string, content = clientId): ChatEvent => ({ kind: 'written', clientId, content, at: 20 });
const ack = (id: string, messageId: string) => frame({ type: 'ack', id, messageId, at: 30 });
const joined = (history: readonly RoomMessage[], members: readonly Member[] = [ME, ADA]) =>
  frame({ type: 'joined', room: 'tea', members, history });
const arrive: readonly ChatEvent[] = [{ kind: 'enter', room: 'tea', name: 'Me' }, frame({ type: 'welcome', ...ME })];

const after = (...events: readonly ChatEvent[]): ChatState => [...arrive, ...events].reduce(reduce, INITIAL_STATE);
const lines = ({ entries }: ChatState) =>
  entries.map((entry) => {
    if (entry.kind === 'message') return `${entry.content}${entry.own ? ` (${entry.delivery.kind})` : ''}`;
    return entry.kind === 'presence'
      ? `${entry.what} ${entry.name}`
      : entry.kind === 'notice'
        ? `${entry.source}: ${entry.content}`
        : 'gap';
  });

describe('own messages', () => {
  it('are pending until acknowledged', () => {
    expect(lines(after(joined([]), written('hi')))).toEqual(['hi (pending)']);
    expect(lines(after(joined([]), written('hi'), ack('hi', 'm1')))).toEqual(['hi (delivered)']);
  });

  it('are undelivered when refused, and say why', () => {
    const state = after(joined([]), written('hi'), frame({ type: 'error', code: 'invalid', content: 'too long', id: 'hi' }));
    expect(state.entries).toMatchObject([{ delivery: { kind: 'undelivered', reason: 'too long' } }]);
    expect(state.problem).toEqual({ code: 'invalid', content: 'too long' });
  });

  it('are undelivered when a plugin has stopped them, with its notice as the reason', () => {
    const no: ServerFrame = { type: 'plugin', name: 'moderator', content: 'no', id: 'hi' };
    const state = after(joined([]), written('hi'), written('ho'), frame(no));
    expect(lines(state)).toEqual(['hi (undelivered)', 'ho (pending)', 'plugin: no']);
    expect(state.entries).toMatchObject([{ delivery: { reason: 'no' } }, {}, {}]);
    expect(lines(after(joined([]), written('hi'), ack('hi', 'm1'), frame(no)))).toEqual(['hi (delivered)', 'plugin: no']);
  });

  it('become delivered when the acknowledgement comes late', () => {
    const late: ChatEvent = { kind: 'undelivered', clientIds: ['hi'], reason: 'no answer' };
    expect(lines(after(joined([]), written('hi'), late, ack('hi', 'm1')))).toEqual(['hi (delivered)']);
    expect(lines(after(joined([]), written('hi'), ack('hi', 'm1'), late))).toEqual(['hi (delivered)']);
  });

  it('stand once when the history has a copy and the acknowledgement comes after it', () => {
    const censored = said('m1', 'h*', { id: 'earlier', name: 'Me' });
    expect(lines(after(joined([]), written('hi'), joined([censored]), ack('hi', 'm1')))).toEqual(['hi (delivered)']);
  });

  it('are known by their text in the history when the acknowledgement was lost', () => {
    const state = after(joined([]), written('a', 'ok'), written('b', 'ok'), joined([said('m1', 'ok', ME)]));
    expect(lines(state)).toEqual(['ok (delivered)', 'ok (pending)']);
  });
});

describe('coming back', () => {
  it('adds what was missed after what was seen, and what waits last', () => {
    const state = after(joined([said('1'), said('2')]), written('mine'), joined([said('2'), said('3')]));
    expect(lines(state)).toEqual(['1', '2', '3', 'mine (pending)']);
  });

  it('admits a gap where the history does not reach back to what was seen', () => {
    expect(lines(after(joined([said('1')]), joined([said('8'), said('9')])))).toEqual(['1', 'gap', '8', '9']);
  });

  it('leaves an undelivered message where it was', () => {
    const failed: ChatEvent = { kind: 'undelivered', clientIds: ['mine'], reason: '' };
    expect(lines(after(joined([said('1')]), written('mine'), failed, message('2'), joined([said('2'), said('3')])))).toEqual([
      '1',
      'mine (undelivered)',
      '2',
      '3',
    ]);
  });

  it('shows the room’s wording of a message that a plugin changed', () => {
    expect(lines(after(joined([said('1')]), written('damn'), ack('damn', '2'), joined([said('1'), said('2', 'd**n', ME)])))).toEqual([
      '1',
      'd**n (delivered)',
    ]);
  });
});

describe('the room', () => {
  it('shows each message once and counts those of others', () => {
    const state = after(joined([said('1')]), message('1'), message('2'), message('2'));
    expect(lines(state)).toEqual(['1', '2']);
    expect(state.received).toBe(1);
  });

  it('tells who comes, goes and changes name', () => {
    const bob = { id: 'c3', name: 'Bob' };
    const state = after(
      joined([]),
      frame({ type: 'join', ...bob, members: 3 }),
      frame({ type: 'rename', id: 'c3', name: 'Rob', previous: 'Bob' }),
      frame({ type: 'leave', ...ADA, members: 2 }),
    );
    expect(lines(state)).toEqual(['join Bob', 'rename Rob', 'leave Ada']);
    expect(state.members).toEqual([ME, { id: 'c3', name: 'Rob' }]);
  });

  it('takes our name from the server', () => {
    expect(after(joined([]), frame({ type: 'rename', id: 'c1', name: 'I', previous: 'Me' })).name).toBe('I');
    expect(after(joined([], [{ id: 'c1', name: 'Me again' }])).name).toBe('Me again');
  });

  it('keeps notices of plugins and of the host apart from members', () => {
    const state = after(
      joined([]),
      frame({ type: 'plugin', name: 'moderator', content: 'no', id: undefined }),
      frame({ type: 'notice', code: 'X', content: 'sorry' }),
    );
    expect(lines(state)).toEqual(['plugin: no', 'host: sorry']);
  });

  it('is empty again for another room', () => {
    expect(after(joined([said('1')]), { kind: 'enter', room: 'coffee', name: 'Me' })).toMatchObject({
      entries: [],
      members: [],
      room: 'coffee',
    });
  });

  it('lets the oldest entries go', () => {
    const events = Array.from({ length: ENTRY_LIMIT + 5 }, (_, index) => message(`${index}`));
    const state = after(joined([]), ...events);
    expect(state.entries).toHaveLength(ENTRY_LIMIT);
    expect(state.entries[0]).toMatchObject({ content: '5' });
  });
});
