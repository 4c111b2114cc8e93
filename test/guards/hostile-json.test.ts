import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BYTES = 256 * 1024;

/** A payload of nearly as many bytes as the host's default limit lets in. */
function full(open: string, unit: string, close: string): string {
  return open + unit.repeat(Math.floor((BYTES - open.length - close.length) / unit.length)) + close;
}

const HOSTILE: Readonly<Record<string, string>> = {
  arrays: full('[', '[],', '[]]'),
  objects: full('{"x":[', '{},', '{}]}'),
  'nested arrays': full('{"x":[', '[[[]]],', '0]}'),
  'arrays in objects': full('[', '{"a":[]},', '0]'),
  messages: full('[', '{"content":"x"},', '0]'),
  'messages in disguise': full('{"a":[', '{"content":"idi0t b4d h3llo"},', '0]}'),
  strings: full('[', '"a",', '"b"]'),
  numbers: full('[', '1,', '1]'),
  'a member many times over': full('{', '"content":"a",', '"content":"b"}'),
  'types without end': full('{', '"type":"a",', '"type":"b"}'),
  'escaped quotes': full('{"content":"', '\\"', '"}'),
  'escaped letters': full('{"content":"', '\\u0061', '"}'),
  'names in quotes': full('[', '"\\"content\\":",', '""]'),
  'brackets in a string': full('{"content":"', '[', '"}'),
  'open brackets': full('', '[', ''),
  'an id and arrays': full('{"id":"x","content":"idiot","list":[', '[],', '0]}'),
};

describe.each([
  ['size-limit', {}],
  ['word-filter', { directions: ['request', 'response'], action: 'mask' }],
  ['copypasta', {}],
])('%s, with the fuel that it has by default', (name, config) => {
  let plugin: TestPlugin;
  beforeAll(async () => {
    plugin = await loadPlugin(new URL(`../../plugins/${name}/plugin.ts`, import.meta.url), { config });
  });
  afterAll(() => plugin.dispose());

  it.each(Object.keys(HOSTILE))('comes to an end with 256 KiB of %s', async (what) => {
    const payload = HOSTILE[what] as string;
    // A fault would reject.
    expect(typeof (await plugin.request(payload)).passed).toBe('boolean');
    if (name !== 'copypasta') expect(typeof (await plugin.response(payload)).passed).toBe('boolean');
  });
});
