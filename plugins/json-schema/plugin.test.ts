import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';

type Config = NonNullable<NonNullable<Parameters<typeof loadPlugin>[1]>['config']>;

let plugin: TestPlugin;

async function load(config: Config): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config });
}

const INVALID = { code: 1008, reason: 'failed to validate message' };

/** [schema, values that it allows, values that it doesn't]: in our own words what the specification says of each keyword. */
const KEYWORDS: readonly [object | boolean, readonly unknown[], readonly unknown[]][] = [
  [true, [1, null, {}], []],
  [false, [], [1, null, {}]],
  [{ type: 'integer' }, [1, 1.0, -0], [1.5, '1', null, [1]]],
  [{ type: ['string', 'null'] }, ['', null], [0, false, {}]],
  [{ enum: [1, 'a', [1], { a: null }] }, [1, 'a', [1], { a: null }], [2, '1', [1, 1], {}]],
  [{ const: { a: [1, { b: 2 }] } }, [{ a: [1, { b: 2 }] }], [{ a: [{ b: 2 }, 1] }, null]],
  [{ minimum: 1, exclusiveMaximum: 3 }, [1, 2.9, 'x'], [0.9, 3]],
  [{ multipleOf: 0.01 }, [0.07, 4.02, 'x'], [0.075]],
  [{ minLength: 2, maxLength: 3 }, ['ab', '🙂🙂🙂', 5], ['a', '🙂', 'abcd']],
  [{ pattern: '^a+$' }, ['aa', 7], ['b', 'ab', '']],
  [{ pattern: '\\p{Lu}' }, ['xÄx'], ['xä']],
  [{ items: { type: 'number' } }, [[], [1, 2], 'x'], [['a'], [1, null]]],
  [{ prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }, [['a', 1], ['a'], []], [[1], ['a', 1, 2]]],
  [
    { contains: { const: 1 }, minContains: 2, maxContains: 3 },
    [
      [1, 2, 1],
      [1, 1, 1],
    ],
    [[1], [1, 1, 1, 1], []],
  ],
  [
    { minItems: 1, maxItems: 2, uniqueItems: true },
    [[1], [1, '1'], [{ a: 1 }, { a: 2 }]],
    [
      [],
      [1, 1],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      [1, 2, 3],
    ],
  ],
  [{ properties: { a: { type: 'string' } }, required: ['b'] }, [{ b: 1 }, { a: '', b: 0 }, 'x'], [{ a: '' }, { a: 1, b: 1 }, {}]],
  [{ patternProperties: { '^x-': { type: 'number' } }, additionalProperties: false }, [{}, { 'x-a': 1 }], [{ 'x-a': '1' }, { y: 1 }]],
  [{ properties: { __proto__: { type: 'number' } }, additionalProperties: false }, [{}], [{ constructor: 1 }, { toString: 1 }]],
  [{ propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [{ abc: 1 }]],
  [{ minProperties: 1, maxProperties: 2 }, [{ a: 1 }], [{}, { a: 1, b: 2, c: 3 }]],
  [{ dependentRequired: { a: ['b'] } }, [{ b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
  [{ dependentSchemas: { a: { required: ['b'] } } }, [{}, { a: 1, b: 1 }], [{ a: 1 }]],
  [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1, 2], [0, 3]],
  [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, ['a', 5, null], [4]],
  [{ oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }, [2, 3], [6, 1]],
  [{ not: { type: 'string' } }, [1, null], ['a']],
  [
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    { if: { properties: { t: { const: 'm' } }, required: ['t'] }, then: { required: ['c'] }, else: { required: ['d'] } },
    [{ t: 'm', c: 1 }, { d: 1 }],
    [{ t: 'm' }, {}],
  ],
  [{ $defs: { n: { type: 'number' } }, properties: { a: { $ref: '#/$defs/n' } } }, [{ a: 1 }], [{ a: 'x' }]],
  [{ $defs: { n: { $anchor: 'num', type: 'number' } }, $ref: '#num' }, [1], ['x']],
  [{ $id: 'https://a.example/x/root.json', $defs: { n: { $id: 'n.json', type: 'number' } }, items: { $ref: 'n.json' } }, [[1]], [['x']]],
  [
    { properties: { next: { $ref: '#' }, v: { type: 'number' } }, additionalProperties: false },
    [{ next: { next: { v: 1 } } }],
    [{ next: { next: { v: 'x' } } }],
  ],
  [{ allOf: [{ properties: { a: true } }], unevaluatedProperties: false }, [{ a: 1 }, {}], [{ a: 1, b: 2 }]],
  [{ prefixItems: [true], unevaluatedItems: false }, [[1], []], [[1, 2]]],
  [{ $comment: 'x', title: 'y', default: 1, examples: [2], contentEncoding: 'base64' }, [null, 'x'], []],
];

const FORMATS: readonly [string, readonly string[], readonly string[]][] = [
  ['date-time', ['2026-01-01T00:00:00Z', '2026-01-01t00:00:00.5+01:00'], ['2026-01-01', '2026-02-30T00:00:00Z', '2026-01-01T24:00:00Z']],
  ['date', ['2024-02-29'], ['2026-02-29', '2026-1-1', '']],
  ['time', ['12:00:00Z', '23:59:59+01:00'], ['12:00', '25:00:00Z']],
  ['duration', ['P1DT2H', 'P3W'], ['P', '1D', 'PT']],
  ['email', ['a@b.example'], ['a', 'a@', '@b', 'a@b@c']],
  ['hostname', ['a-b.example'], ['-a', 'a_b', '']],
  ['ipv4', ['127.0.0.1'], ['256.0.0.1', '1.2.3']],
  ['ipv6', ['::1', '2001:db8::'], ['12345::', ':::']],
  ['uri', ['https://a.example/x?y#z', 'urn:a:b'], ['/x', 'a b']],
  ['uri-reference', ['/x', '../y#z'], ['a b', '\\x']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567', '123e4567-e89b-12d3-a456-42661417400g']],
  ['json-pointer', ['', '/a/~0b'], ['a', '/~2']],
  ['regex', ['^a(b)?$'], ['(', '[a']],
];

describe('json-schema', () => {
  afterEach(() => plugin.dispose());

  it.each(KEYWORDS)('%j allows what it should and nothing else', async (schema, allowed, refused) => {
    await load({ schema: schema as Config });
    for (const value of allowed) expect((await plugin.request(JSON.stringify(value))).passed, JSON.stringify(value)).toBe(true);
    for (const value of refused) expect((await plugin.request(JSON.stringify(value))).reject, JSON.stringify(value)).toEqual(INVALID);
  });

  it.each(FORMATS)('asserts the format %s', async (format, allowed, refused) => {
    await load({ schema: { format } });
    expect((await plugin.request('7')).passed).toBe(true);
    for (const value of allowed) expect((await plugin.request(JSON.stringify(value))).passed, value).toBe(true);
    for (const value of refused) expect((await plugin.request(JSON.stringify(value))).reject, value).toEqual(INVALID);
  });

  it('has a schema for each direction, and leaves alone the one that has none', async () => {
    await load({ responseSchema: { required: ['ok'] }, notice: 'never sent' });
    for (const payload of ['x', '{}', new Uint8Array([1])]) expect((await plugin.request(payload)).passed).toBe(true);
    expect((await plugin.response('{"ok":1}')).passed).toBe(true);
    expect(await plugin.response('{}')).toMatchObject({ reject: INVALID, replies: [] });
  });

  it('says what is wrong, in the note and, if it is configured to, to the sender', async () => {
    await load({ schema: { properties: { content: { type: 'string', maxLength: 3 } } }, notice: 'invalid: {error}' });
    const verdict = await plugin.request('{"id":"m-1","content":"long"}');
    expect(verdict.reason).toMatch(/^#\/content .*maxLength|^#\/content String is too long/);
    expect(verdict.replies).toEqual([JSON.stringify({ name: 'moderator', content: `invalid: ${verdict.reason}`, id: 'm-1' })]);
  });

  it('refuses what is not JSON, and binary frames, unless it is told not to', async () => {
    await load({ schema: true });
    for (const payload of ['', 'x', '{', new Uint8Array(), new TextEncoder().encode('{}')])
      expect((await plugin.request(payload)).reject).toEqual(INVALID);
    await plugin.dispose();
    await load({ schema: true, notJson: 'pass', binary: 'pass' });
    for (const payload of ['', 'x', '{', new Uint8Array(), new Uint8Array([255])])
      expect((await plugin.request(payload)).passed).toBe(true);
    // Not a question of what is JSON: one parser reads this as valid, another one doesn't.
    expect(await plugin.request('{"a":1,"a":"x"}')).toMatchObject({ reject: INVALID, reason: 'a member is written twice' });
  });

  it('gets through deep, long and strange documents', async () => {
    await load({
      schema: { $ref: '#/$defs/tree', $defs: { tree: { type: ['array', 'string', 'number', 'object'], items: { $ref: '#/$defs/tree' } } } },
    });
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect((await plugin.request(nested(20))).passed).toBe(true);
    expect((await plugin.request(nested(250))).reason ?? 'passed').toMatch(/passed|nested too deep for this schema/);
    expect((await plugin.request(nested(300))).reason).toBe('nested too deep');
    expect((await plugin.request('['.repeat(200_000))).reject).toEqual(INVALID);
    expect((await plugin.request(`[${'9'.repeat(400)},1e-400,"\\ud800",{"__proto__":1}]`)).passed).toBe(true);
    expect((await plugin.request(`[${'1,'.repeat(3000)}1]`)).passed).toBe(true);
    expect((await plugin.request(`[${'1,'.repeat(3000)}null]`)).reject).toEqual(INVALID);
  });

  it('loses a frame on which a pattern never ends, and only that one', async () => {
    await load({ schema: { pattern: '^(a+)+$' } });
    await expect(plugin.request(JSON.stringify(`${'a'.repeat(60)}b`))).rejects.toThrow(/PLUGIN_FUEL/);
  });
});

describe('a schema that makes no sense', () => {
  it.each([
    [{}, /config has no schema: give `schema` or `responseSchema`/],
    [{ schema: { type: 'strng' } }, /config\.schema\.type: got "strng"/],
    [{ schema: { properties: { a: { minLength: -1 } } } }, /config\.schema\.properties\.a\.minLength: got -1/],
    [{ schema: { required: 'a' } }, /config\.schema\.required: got "a"/],
    [{ schema: { items: { pattern: '(' } } }, /config\.schema\/items: pattern "\(" is no regular expression: /],
    [{ schema: { patternProperties: { '[': true } } }, /config\.schema: pattern "\[" is no regular expression: /],
    [{ schema: 7 }, /config\.schema: got 7/],
    [{ schema: { items: { $ref: '#/$defs/none' } } }, /config\.schema\/items: \$ref "#\/\$defs\/none" refers to nothing in this schema/],
    [
      { schema: { $ref: 'https://a.example/x.json' } },
      /config\.schema: \$ref "https:\/\/a\.example\/x\.json" refers to nothing in this schema; nothing is fetched/,
    ],
    [
      { responseSchema: { properties: { a: { format: 'idn-email' } } } },
      /config\.responseSchema\/properties\/a: format "idn-email" is not known; known are date, /,
    ],
    [{ schema: { $dynamicRef: '#x' } }, /config\.schema: \$dynamicRef is not supported/],
  ])('is refused at load: %j', async (config, message) => {
    await expect(load(config as Config)).rejects.toThrow(message);
  });
});
