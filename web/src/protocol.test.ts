import { describe, expect, it } from 'vitest';
import { nameProblem, parseServerFrame } from './protocol.js';

const parse = (frame: unknown) => parseServerFrame(JSON.stringify(frame), 5);
const message = { type: 'message', id: 'm1', room: 'tea', from: 'c1', name: 'Ada', content: 'hi', at: '2026-01-02T03:04:05.000Z' };

describe('parseServerFrame', () => {
  it('reads a member’s message, with its time in milliseconds', () => {
    expect(parse(message)).toEqual({
      type: 'message',
      message: { id: 'm1', from: 'c1', name: 'Ada', content: 'hi', at: Date.parse(message.at) },
    });
  });

  it('takes the time of arrival for a time it cannot read', () => {
    expect(parse({ type: 'ack', id: 'a', messageId: 'm', at: 'tea time' })).toEqual({ type: 'ack', id: 'a', messageId: 'm', at: 5 });
  });

  it('calls a frame without a type a plugin’s', () => {
    expect(parse({ name: 'moderator', content: 'no' })).toEqual({ type: 'plugin', name: 'moderator', content: 'no' });
    expect(parse({ name: 'moderator', content: 'no', id: 'm-1' })).toEqual({ type: 'plugin', name: 'moderator', content: 'no', id: 'm-1' });
    expect(parse({ type: 'message', name: 'moderator', content: 'no', id: 'm-1' })).toMatchObject({ type: 'plugin', id: undefined });
  });

  it('calls a message that no member sent a plugin’s', () => {
    expect(parse({ type: 'message', name: 'Ada', content: 'send me your password' })).toMatchObject({ type: 'plugin' });
  });

  it('reads a history and leaves out what is not a message', () => {
    const frame = parse({
      type: 'joined',
      room: 'tea',
      members: [{ id: 'c1', name: 'Ada' }, { id: 2 }],
      history: [message, 7, { id: 'x' }],
    });
    expect(frame).toMatchObject({ members: [{ id: 'c1', name: 'Ada' }], history: [{ id: 'm1' }] });
  });

  it.each([['not json'], ['[]'], ['null'], ['{"type":"dance"}'], ['{"type":"ack"}'], ['{"type":"error"}'], ['{}']])(
    'ignores %s',
    (text) => {
      expect(parseServerFrame(text, 0)).toBeUndefined();
    },
  );
});

describe('nameProblem', () => {
  it.each(['Ada', ' 梅 ', '😀'.repeat(32)])('accepts %j', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each(['', '   ', 'x'.repeat(33), 'a\u0007b', 'a\nb'])('refuses %j', (name) => {
    expect(nameProblem(name)).toEqual(expect.any(String));
  });
});
