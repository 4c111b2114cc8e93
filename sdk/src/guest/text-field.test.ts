import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rewriteText, textOf, textParts, textsOf } from './text-field.js';

const options = { field: 'content', raw: true };
const shout = (text: string) => text.toUpperCase();

describe('textOf', () => {
  it.each([
    ['a message without a type', '{"name":"Ada","content":"hi"}', 'hi'],
    ['a message with its type', ' {"type":"message","content":"hi"}', 'hi'],
    ['another dialect that has the field', '{"type":"chat_message","content":"hi"}', 'hi'],
    ['escapes', '{"content":"h\\u0069\\ud800"}', 'hi\ud800'],
    ['an empty text', '{"content":""}', ''],
    ['a nested field beside it', '{"reply":{"content":"x"},"content":"hi"}', 'hi'],
    ['its own name as a value', '{"a":"content","content":"hi"}', 'hi'],
    ['both of two members', '{"content":"a","content":"b"}', 'a\nb'],
    ['raw text', 'hello', 'hello'],
    ['an empty payload', '', ''],
    ['malformed JSON', '{"content":"hi"', '{"content":"hi"'],
    ['an object without the field', '{"body":"hi"}', '{"body":"hi"}'],
    ['a field that is not a string', '{"content":7}', '{"content":7}'],
    ['a field below the top', '{"a":{"content":"hi"}}', '{"a":{"content":"hi"}}'],
    ['an array', '["hi"]', '["hi"]'],
  ])('reads %s', (_, payload, text) => {
    expect(textOf(payload, options)).toBe(text);
  });

  it('finds none in a control frame', () => {
    expect(textOf('{"type":"join","room":"tea"}', options)).toBeUndefined();
    expect(textOf('{"type":7}', options)).toBeUndefined();
  });

  it('finds only the field when raw is off', () => {
    expect(textOf('hello', { field: 'body', raw: false })).toBeUndefined();
    expect(textOf('{"body":"hi"}', { field: 'body', raw: false })).toBe('hi');
  });

  it.each([
    ['first and last', '{"content":"a","x":1,"content":"b"}', ['a', 'b']],
    ['an escaped name', '{"content":"a","cont\\u0065nt":"b"}', ['a', 'b']],
    ['an escaped name first', '{"cont\\u0065nt":"a","content":"b"}', ['a', 'b']],
    ['two escaped names', '{"cont\\u0065nt":"a","conten\\u0074":"b"}', ['a', 'b']],
    ['white space around them', '{ "content" : "a",\n\t"content" : "b" }', ['a', 'b']],
    ['one that is no string', '{"content":"a","content":7}', ['a']],
    ['a control frame', '{"type":"join","content":"a","content":null}', ['a']],
    ['nested ones apart', '{"content":"a","r":{"content":"x"},"content":"b"}', ['a', 'b']],
  ])('gives every occurrence of the field: %s', (_, payload, texts) => {
    for (const raw of [true, false]) expect(textsOf(payload, { ...options, raw })).toEqual(texts);
  });

  it('sees an escaped name whatever the name is', () => {
    for (const [field, escaped] of [
      ['a/b', 'a\\/b'],
      ['ä', '\\u00e4'],
      ['"', '\\u0022'],
    ] as const) {
      const payload = `{${JSON.stringify(field)}:"one","${escaped}":"two"}`;
      expect(textsOf(payload, { field, raw: false }), field).toEqual(['one', 'two']);
      expect(textParts(payload, { field, raw: false }), field).toHaveLength(2);
    }
  });

  it('takes a long document that repeats the field for text as a whole, and no other long one', () => {
    const pad = `"pad":"${'x'.repeat(20_000)}"`;
    const repeated = `{${pad},"content":"a","content":"b"}`;
    for (const raw of [true, false]) {
      expect(textsOf(repeated, { ...options, raw })).toEqual([repeated]);
      expect(textParts(repeated, { ...options, raw })).toEqual([{ text: repeated, nested: false }]);
      expect(rewriteText(repeated, { ...options, raw }, () => '*')).toBe('*');
    }
    for (const payload of [
      `{${pad},"kind":"content","content":"a"}`,
      `{${pad},"reply":{"content":"x"},"content":"a","say \\"content":"y"}`,
      `{${pad},"html":"\\u003cb>","content":"a"}`,
    ]) {
      expect(textsOf(payload, options)).toEqual(['a']);
      expect(textParts(payload, options).map((part) => part.text)).toContain('a');
    }
  });

  it('takes an object with several types for text unless it has the field', () => {
    for (const payload of ['{"type":"message","body":"x","type":"join"}', '{"type":null,"body":"x","t\\u0079pe":"join"}']) {
      expect(textOf(payload, options)).toBe(payload);
      expect(textParts(payload, options).map((part) => part.text)).toContain('x');
      expect(rewriteText(payload, options, shout)).toContain('"X"');
    }
  });

  it('does not take an inherited property for the field', () => {
    expect(textOf('{"a":1}', { field: 'constructor', raw: false })).toBeUndefined();
    expect(textOf('{"__proto__":"hi"}', { field: '__proto__', raw: false })).toBe('hi');
  });
});

describe('textParts', () => {
  it('finds the field at any depth and says which are nested', () => {
    const payload = '{"type":"history","messages":[{"content":"a"},{"content":"b","more":{"content":"c"}}]}';
    expect(textParts(payload, options)).toEqual(['a', 'b', 'c'].map((text) => ({ text, nested: true })));
    expect(textParts('{"content":"a"}', options)).toEqual([{ text: 'a', nested: false }]);
  });

  it('takes every string of a JSON document without the field', () => {
    expect(textParts('["a",{"b":"c"},"d"]', options).map((part) => part.text)).toEqual(['a', 'c', 'd']);
    expect(textParts('"a"', options).map((part) => part.text)).toEqual(['a']);
  });

  it('finds every member that is written twice, at any depth', () => {
    const texts = (payload: string) => textParts(payload, options).map((part) => part.text);
    expect(textParts('{"content":"a","content":"b"}', options)).toEqual(['a', 'b'].map((text) => ({ text, nested: false })));
    expect(texts('{"content":"a","cont\\u0065nt":"b"}')).toEqual(['a', 'b']);
    expect(texts('{"m":[{"content":"a","content":"b"}],"content":"c"}')).toEqual(['a', 'b', 'c']);
    expect(texts('{"m":{"content":"a"},"m":1}')).toEqual(['a']);
    expect(texts('{"body":"a","body":"b"}')).toEqual(['a', 'b']);
  });

  it('finds the field 200 levels deep, and takes deeper JSON for raw text', () => {
    const nest = (levels: number) => `${'{"a":['.repeat(levels / 2)}{"content":"x"}${']}'.repeat(levels / 2)}`;
    expect(textParts(nest(200), options)).toEqual([{ text: 'x', nested: true }]);
    expect(rewriteText(nest(200), options, shout)).toBe(nest(200).replace('"x"', '"X"'));
    for (const payload of [nest(300), '['.repeat(1_000_000)])
      expect(textParts(payload, options)).toEqual([{ text: payload, nested: false }]);
    const wide = `[${'{"content":"["},'.repeat(1000)}0]`;
    expect(textParts(wide, options)).toHaveLength(1000);
  });

  it('leaves control frames alone', () => {
    expect(textParts('{"type":"rename","name":"x"}', options)).toEqual([]);
  });
});

describe('rewriteText', () => {
  it('changes the field and nothing else, not even numbers, order or white space', () => {
    const payload = '{ "n": 1.0, "big": 12345678901234567890,\n "content" : "say \\"hi\\"", "2": null, "1": [ ] , "other":"hi"}';
    expect(rewriteText(payload, options, shout)).toBe(payload.replace('say \\"hi\\"', 'SAY \\"HI\\"'));
  });

  it('changes both of two members of one name', () => {
    expect(rewriteText('{"content":"a","content":"b"}', options, shout)).toBe('{"content":"A","content":"B"}');
  });

  it('rewrites raw text, malformed JSON and the strings of other documents', () => {
    expect(rewriteText('hi', options, shout)).toBe('HI');
    expect(rewriteText('{"content":"hi"', options, shout)).toBe('{"CONTENT":"HI"');
    expect(rewriteText('["a",{"b":"c"},1e3]', options, shout)).toBe('["A",{"b":"C"},1e3]');
  });

  it('leaves control frames, and with raw off all but the field, as they are', () => {
    for (const payload of ['{"type":"join","room":"tea"}', '{"type":"x","a":["b"]}']) {
      expect(rewriteText(payload, options, shout)).toBe(payload);
    }
    expect(rewriteText('hi', { ...options, raw: false }, shout)).toBe('hi');
    expect(rewriteText('["hi"]', { ...options, raw: false }, shout)).toBe('["hi"]');
  });

  it('agrees with a rewrite of the parsed value, on any JSON', () => {
    const message = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true }),
        fc.boolean(),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(fc.oneof(fc.constantFrom('content', 'a', '"', '\\', '}'), fc.string()), tie('value'), { maxKeys: 4 }),
    })).object;
    const rewrite = (value: unknown, key?: string): unknown => {
      if (typeof value === 'string') return key === 'content' ? `<${value}>` : value;
      if (Array.isArray(value)) return value.map((item) => rewrite(item));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rewrite(member, name)]));
    };
    fc.assert(
      fc.property(message, fc.constantFrom(0, 2), (value, indent) => {
        const payload = JSON.stringify(value, null, indent);
        const rewritten = rewriteText(payload, { ...options, raw: false }, (text) => `<${text}>`);
        expect(JSON.parse(rewritten)).toEqual(rewrite(JSON.parse(payload)));
      }),
      { numRuns: 300 },
    );
  });

  it('finds the same texts as textParts, on any payload', () => {
    const name = fc.constantFrom('"content"', '"cont\\u0065nt"', '"type"', '"a"');
    const repeated = fc.tuple(name, fc.oneof(fc.json(), fc.constantFrom('"x"', '"content"', '"message"'))).map((pair) => pair.join(':'));
    const payload = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((json) => `{"content":${json}}`),
      fc.array(repeated, { maxLength: 4 }).map((members) => `{${members.join()}}`),
    );
    fc.assert(
      fc.property(payload, fc.boolean(), (text, raw) => {
        const seen: string[] = [];
        rewriteText(text, { field: 'content', raw }, (part) => {
          seen.push(part);
          return part;
        });
        const parts = textParts(text, { field: 'content', raw }).map((part) => part.text);
        expect(seen.toSorted()).toEqual(parts.toSorted());
      }),
    );
  });
});
