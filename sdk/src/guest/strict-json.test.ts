import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strictJson } from './strict-json.js';

const TWICE = { kind: 'invalid', reason: 'a member is written twice' };

describe('strictJson', () => {
  it('reads every document as the platform does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        expect(strictJson(json)).toEqual({ kind: 'value', value: JSON.parse(json) });
      }),
    );
  });

  it('refuses a member that is written again anywhere, however its name is escaped', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', ':', '"', '\\', '":"', '0'));
    const wrap = fc.array(fc.constantFrom('array', 'object'), { maxLength: 5 });
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 1 })), name, wrap, fc.boolean(), (members, twice, path, isEscaped) => {
        const names = [...Object.keys(members).filter((other) => other !== twice), twice];
        const body = names
          .map((key) => `${JSON.stringify(key)}: ${JSON.stringify(Object.hasOwn(members, key) ? members[key] : null)}`)
          .join(',');
        const again = isEscaped ? `"${[...Array(twice.length).keys()].map((at) => escaped(twice, at)).join('')}"` : JSON.stringify(twice);
        const around = (json: string) => path.reduce((inner, kind) => (kind === 'array' ? `[":",${inner}]` : `{":":${inner}}`), json);
        expect(strictJson(around(`{${body}}`))).toMatchObject({ kind: 'value' });
        expect(strictJson(around(`{${body},${again}:1}`))).toEqual(TWICE);
      }),
    );
  });

  it.each(['', ' ', '{', '{"a":1,}', 'x:y', "{'a':1}", '{"a":1}{"b":2}', '"', ':'])('does not take %j for JSON', (text) => {
    expect(strictJson(text)).toEqual({ kind: 'invalid', reason: 'not JSON' });
  });

  it('reads 256 levels and refuses 257', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(strictJson(nested(256)).kind).toBe('value');
    expect(strictJson(nested(257))).toEqual({ kind: 'invalid', reason: 'nested too deep' });
    expect(strictJson(`"${nested(300)}"`).kind).toBe('value');
  });
});

function escaped(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`;
}
