import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ChatClient, type Received } from '../../../test/support/chat-client.js';
import type { Backend } from '../backend/backend.js';
import { createChat } from './chat.js';
import { ERROR_CODES } from './chat-protocol.js';

let chat: Backend;
let mallory: ChatClient;
let bystander: ChatClient;

beforeEach(async () => {
  chat = createChat();
  mallory = await ChatClient.connect(chat, '/chat?name=Mallory&room=tea');
  bystander = await ChatClient.connect(chat, '/chat?name=Ada&room=tea');
  mallory.heard();
  bystander.heard();
});

/** The one frame that the text is answered with; nobody else notices, the connection stays and works. */
function answerTo(text: string): Received | undefined {
  mallory.sayText(text);
  const [answer, ...rest] = mallory.heard();
  expect(rest).toEqual([]);
  expect(bystander.heard()).toEqual([]);
  expect(mallory.closes).toEqual([]);
  mallory.say({ content: 'still there' });
  expect(bystander.heard()).toMatchObject([{ from: mallory.id, content: 'still there' }]);
  return answer;
}

describe('a frame that cannot be obeyed', () => {
  it.each([
    ['nothing', ''],
    ['half an object', '{"type":'],
    ['an array', '[{"content":"x"}]'],
    ['a string', '"content"'],
    ['null', 'null'],
    ['a number', '1'],
    ['raw text', 'Hello'],
    ['two objects', '{"content":"a"}{"content":"b"}'],
    ['a byte order mark', '\ufeff{"content":"a"}'],
    ['an open nest of 50,000 arrays', '['.repeat(50_000)],
    ['a nest of 25,000 arrays', '['.repeat(25_000) + ']'.repeat(25_000)],
  ])('is malformed if it is %s', (_, text) => {
    expect(answerTo(text)).toMatchObject({ type: 'error', code: 'malformed', content: expect.stringContaining('JSON object') });
  });

  it.each([
    ['a word unknown', '"shout"'],
    ['an inherited key', '"constructor"'],
    ['the prototype', '"__proto__"'],
    ["the chat's own", '"welcome"'],
    ['null', 'null'],
    ['a number', '1'],
    ['an object', '{"toString":1}'],
  ])('has an unknown type if that is %s', (_, type) => {
    expect(answerTo(`{"type":${type},"content":"x"}`)).toMatchObject({ type: 'error', code: 'unknown_type' });
  });

  it.each([
    ['a message without content', {}],
    ['content of a wrong type', { content: { length: 1 } }],
    ['an array as content', { content: ['x'] }],
    ['empty content', { content: '' }],
    ['content above the limit', { content: 'x'.repeat(4_001) }],
    ['1 MB of content', { content: 'x'.repeat(1_000_000) }],
    ['a lone surrogate in content', { content: 'a\udfffb' }],
    ['a name of a wrong type', { content: 'x', name: null }],
    ['a name with an override', { content: 'x', name: '\u202eadA' }],
    ['an empty id', { content: 'x', id: '' }],
    ['an id of a wrong type', { content: 'x', id: 7 }],
    ['an object as id', { content: 'x', id: { toString: 'x' } }],
    ['an id above the limit', { content: 'x', id: 'x'.repeat(65) }],
    ['a lone surrogate in the id', { content: 'x', id: '\ud800' }],
    ['a join without a room', { type: 'join' }],
    ['a join of an invisible room', { type: 'join', room: '\u200b' }],
    ['a join of a room of a wrong type', { type: 'join', room: ['tea'] }],
    ['a rename without a name', { type: 'rename' }],
    ['a limit of a wrong type', { type: 'history', limit: '5' }],
    ['a limit of 0', { type: 'history', limit: 0 }],
    ['a limit that is no whole number', { type: 'history', limit: 1.5 }],
  ])('is invalid if it is %s', (_, value) => {
    const answer = answerTo(JSON.stringify(value));
    expect(answer).toMatchObject({ type: 'error', code: 'invalid' });
    expect(answer).not.toHaveProperty('id');
    expect(String(answer?.content).length).toBeLessThan(200);
  });

  it('is told that the id has half a character in it, not that it is too long', () => {
    const answer = answerTo(JSON.stringify({ content: 'x', id: 'a\ud800' }));
    expect(answer?.content).toBe('"id" has a lone surrogate in it, which is half a character; take it out.');
  });

  it('is answered with the id it had', () => {
    expect(answerTo('{"type":"shout","id":"m-1"}')).toMatchObject({ code: 'unknown_type', id: 'm-1' });
    expect(answerTo('{"id":"m-2","content":7}')).toMatchObject({ code: 'invalid', id: 'm-2' });
  });

  it('is refused as binary whatever is in it', () => {
    mallory.receive({ kind: 'binary', payload: new TextEncoder().encode('{"content":"x"}') });
    expect(mallory.heard()).toMatchObject([{ type: 'error', code: 'binary' }]);
    expect(bystander.heard()).toEqual([]);
  });
});

describe('a frame at the edge of what is obeyed', () => {
  it('says the longest content there is, every character escaped', () => {
    mallory.sayText(`{"content":"${'\\ud83e\\udd8a'.repeat(4_000)}"}`);
    expect(bystander.heard()).toMatchObject([{ content: '🦊'.repeat(4_000) }]);
  });

  it('hands on nothing but the fields that the page names', () => {
    mallory.sayText(
      '{"content":"x","from":"Ada","at":"never","admin":true,"__proto__":{"type":"leave"},"constructor":{"prototype":{"room":"x"}}}',
    );
    const [message] = bystander.heard();
    expect(Object.keys(message ?? {})).toEqual(['type', 'id', 'room', 'from', 'name', 'content', 'at']);
    expect(message?.from).toBe(mallory.id);
    expect(({} as Received).type).toBeUndefined();
  });

  it('uses inherited keys as names, rooms and ids like any other', async () => {
    for (const word of ['__proto__', 'constructor', 'hasOwnProperty', 'toString']) {
      mallory.say({ type: 'join', room: word, name: word });
      expect(mallory.heard()).toMatchObject([{ type: 'joined', room: word, members: [{ id: mallory.id, name: word }], history: [] }]);
      mallory.say({ id: word, content: 'x' });
      expect(mallory.heard()).toMatchObject([{ type: 'ack', id: word }]);
    }
  });

  it.each(['A\u200bda', 'a\u2060d\ufeffa', 'ADA\u00ad', 'Ａｄａ', ' Ada '])('does not let %j pass for Ada', (name) => {
    expect(answerTo(JSON.stringify({ type: 'rename', name }))).toMatchObject({ type: 'error', code: 'name_taken' });
  });

  it('enters the room that looks the same, not one beside it', () => {
    mallory.say({ type: 'leave' });
    mallory.say({ type: 'join', room: 't\u200be\u00ada' });
    expect(mallory.heard().at(-1)).toMatchObject({ type: 'joined', room: 'tea', members: [{ name: 'Ada' }, { name: 'Mallory' }] });
  });
});

it('answers any JSON at all with frames of the protocol, and never throws', () => {
  const field = fc.constantFrom('type', 'content', 'name', 'room', 'id', 'limit', '__proto__');
  const text = fc.constantFrom('join', 'message', 'rename', 'leave', 'history', 'who', 'Ada', 'tea');
  const frame = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.dictionary(field, fc.oneof(text, fc.jsonValue())).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(frame, (raw) => {
      mallory.sayText(raw);
      for (const { type, code } of mallory.heard()) {
        expect(['joined', 'ack', 'rename', 'leave', 'history', 'who', 'error']).toContain(type);
        if (type === 'error') expect(ERROR_CODES).toContain(code);
      }
      for (const { from, id } of bystander.heard()) expect(from ?? id).toBe(mallory.id);
      expect(mallory.closes).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
