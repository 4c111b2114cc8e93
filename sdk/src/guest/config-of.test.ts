import { expect, expectTypeOf, it } from 'vitest';
import type { ConfigOf } from './config-of.js';

it('reads the type of a configuration from its schema', () => {
  const schema = {
    type: 'object',
    properties: {
      max: { type: 'integer', minimum: 1, default: 140 },
      unit: { enum: ['bytes', 'characters'], default: 'bytes' },
      words: { type: 'array', items: { type: 'string' }, default: [] },
      nested: { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] },
      limit: { type: ['number', 'null'], default: null },
      either: { anyOf: [{ const: 1 }, { type: 'string' }], default: 1 },
    },
  } as const;
  type Config = ConfigOf<typeof schema>;
  const config: Config = { max: 1, unit: 'bytes', words: ['a'], limit: null, either: 'b' };
  expectTypeOf<Config['max']>().toEqualTypeOf<number>();
  expectTypeOf<Config['unit']>().toEqualTypeOf<'bytes' | 'characters'>();
  expectTypeOf<Config['words']>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<Config['limit']>().toEqualTypeOf<number | null>();
  expectTypeOf<Config['either']>().toEqualTypeOf<string | 1>();
  expectTypeOf(config.nested?.on).toEqualTypeOf<boolean | undefined>();
  // @ts-expect-error a member with a default is always there
  const incomplete: Config = { max: 1 };
  expect(incomplete.max).toBe(config.max);
});
