import { expect, it } from 'vitest';
import { type ConnectionContext, changedContext } from './connection-context.js';

const CONTEXT: ConnectionContext = {
  handle: 7,
  version: 3,
  id: 'c-1',
  route: 'chat',
  host: 'example.org',
  path: '/',
  headers: {},
  remoteAddress: '192.0.2.1',
  subprotocol: '',
  connectedAt: 1,
  room: 'tea',
  user: { id: 'u-1', name: 'Ann' },
};

it('changes what is named, keeps the rest, and raises the version', () => {
  expect(changedContext(CONTEXT, { room: 'hall' })).toStrictEqual({ ...CONTEXT, room: 'hall', version: 4 });
  expect(CONTEXT.room).toBe('tea');
});

it('takes away what is undefined, key and all', () => {
  const changed = changedContext(CONTEXT, { room: undefined, user: { id: 'u-2', name: 'Bo' } });
  expect(Object.keys(changed)).not.toContain('room');
  expect(changed).toMatchObject({ user: { id: 'u-2', name: 'Bo' }, version: 4 });
});
