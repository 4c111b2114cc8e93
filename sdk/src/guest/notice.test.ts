import { describe, expect, it } from 'vitest';
import { notice } from './notice.js';

const of = (payload: string) => JSON.parse(notice('no', payload)) as unknown;

describe('notice', () => {
  it('names the message that it is about', () => {
    expect(of('{"type":"message","id":"m-1","content":"x"}')).toEqual({ name: 'moderator', content: 'no', id: 'm-1' });
    expect(of(` {"id":"${'😀'.repeat(64)}"}`)).toMatchObject({ id: '😀'.repeat(64) });
  });

  it.each([
    ['no object', 'hello'],
    ['an array', '["id"]'],
    ['malformed', '{"id":"m-1"'],
    ['without an id', '{"content":"x"}'],
    ['with an id that is no string', '{"id":7}'],
    ['with an empty id', '{"id":""}'],
    ['with an id of 65 characters', `{"id":"${'x'.repeat(65)}"}`],
    ['with an id further down', '{"a":{"id":"m-1"}}'],
    ['too deep', `{"id":"m-1","a":${'['.repeat(1000)}${']'.repeat(1000)}}`],
    ['too long', `{"id":"m-1","a":"${'x'.repeat(70_000)}"}`],
  ])('names none of a payload that is %s', (_, payload) => {
    expect(of(payload)).toEqual({ name: 'moderator', content: 'no' });
  });

  it('names none of a binary frame', () => {
    expect(JSON.parse(notice('no', undefined))).toEqual({ name: 'moderator', content: 'no' });
  });
});
