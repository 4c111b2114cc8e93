import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextFinder } from '../../host/src/engine/guard/text-finder.js';
import { textParts, textsOf } from '../../sdk/src/guest/text-field.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What the finder says of a payload; the text decoded. */
function find(payload: string, field = 'content', raw = true): string | readonly string[] {
  const finder = new TextFinder(field, raw);
  const bytes = encoder.encode(payload);
  const finding = finder.find(bytes);
  if (finding === 'unsure') return 'unsure';
  if (finding === 'none') return [];
  const source = decoder.decode(bytes.subarray(finder.start, finder.end));
  return [finder.escaped ? (JSON.parse(`"${source}"`) as string) : source];
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  ' ',
  '\n',
  '\\',
  '"content"',
  '"type"',
  '"message"',
  '"a"',
  '"join"',
  'content',
  '1',
  '-',
  '0.5e3',
];
const pieces = fc
  .array(fc.constantFrom(...PIECES, 'true', 'null', '\\n', '\\"', '\\u0063', '\u00e9', '\ufeff', '\u0000', 'type'), { maxLength: 24 })
  .map((list) => list.join(''));
const name = fc.constantFrom('"content"', '"type"', '"a"', '"cont\\u0065nt"', '"na\\/me"', '"\u00fc"');
const value = fc.oneof(
  fc.string().map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"message"',
    '"who"',
    '"\\"content\\":"',
    '"content"',
    '1',
    '-0',
    '01',
    '1.',
    '1e5',
    'true',
    'null',
    'nul',
    '[]',
    '{"content":"x"}',
  ),
);
const object = fc
  .array(fc.tuple(name, fc.constantFrom(':', ' : ', ''), value), { maxLength: 4 })
  .chain((members) =>
    fc
      .tuple(fc.constantFrom(',', ' ,\n', ',,'), fc.constantFrom('', ' ', 'x'))
      .map(([comma, end]) => `{${members.map((m) => m.join('')).join(comma)}}${end}`),
  );

describe('TextFinder', () => {
  it.each([
    ['hello', ['hello']],
    ['', ['']],
    ['42', ['42']],
    ['{"name":"ada","content":"hi"}', ['hi']],
    [' { "content" : "h\\"i\\n" , "n" : -1.5e+3 } ', ['h"i\n']],
    ['{"type":"join","room":"tea"}', []],
    ['{"type":7}', []],
    ['{"type":"join","content":"hi"}', ['hi']],
    ['{"type":null}', 'unsure'],
    ['{"content":"\\u0068"}', 'unsure'],
    ['{"content":["hi"]}', 'unsure'],
    ['{"content":"hi","content":"ho"}', 'unsure'],
    ['{"content":7}', 'unsure'],
    ['{"content":"hi"', 'unsure'],
    ['{"content":"hi"}}', 'unsure'],
    ['{"content":"hi",}', 'unsure'],
    ['"hi"', 'unsure'],
    [' ["hi"]', 'unsure'],
    ['{}', 'unsure'],
  ])('finds in %j what is the text: %j', (payload, wanted) => {
    expect(find(payload)).toEqual(wanted);
  });

  it('finds what the SDK finds, or says that it is not sure', () => {
    let sure = 0;
    const payload = fc.oneof({ weight: 1, arbitrary: pieces }, { weight: 3, arbitrary: object });
    fc.assert(
      fc.property(payload, fc.constantFrom('content', 'a', '\u00fc', 'type', 'na/me'), fc.boolean(), (source, field, raw) => {
        const found = find(source, field, raw);
        if (found === 'unsure') return;
        sure += 1;
        expect(found).toEqual(textsOf(source, { field, raw }));
        expect(textParts(source, { field, raw })).toEqual((found as readonly string[]).map((text) => ({ text, nested: false })));
      }),
      { numRuns: 20_000 },
    );
    expect(sure).toBeGreaterThan(2000);
  });
});
