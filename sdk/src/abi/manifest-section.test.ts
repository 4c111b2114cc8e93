import { describe, expect, it } from 'vitest';
import { MANIFEST_SECTION } from './manifest.js';
import { parseManifest, readManifest } from './manifest-section.js';
import { customSection, writeSections } from './wasm-binary.js';

const GOOD = {
  abi: 1,
  name: 'size-limit',
  version: '1.2.0-rc.1',
  hooks: ['on_request_message'],
  capabilities: { state: ['room'], http: [] },
};
const moduleWith = (payload: Uint8Array): Uint8Array =>
  writeSections([customSection('name', Uint8Array.of(1, 2)), customSection(MANIFEST_SECTION, payload)]);

describe('readManifest', () => {
  it('reads the section and fills in how responses run', () => {
    expect(readManifest(moduleWith(new TextEncoder().encode(JSON.stringify(GOOD))))).toEqual({ ...GOOD, response: 'per-recipient' });
  });

  it('gives undefined for a module without the section', () => {
    expect(readManifest(writeSections([customSection('name', Uint8Array.of(1))]))).toBeUndefined();
  });

  it.each([
    [Uint8Array.of(0xff), 'is not UTF-8'],
    [new TextEncoder().encode('{'), 'is not JSON'],
    [new TextEncoder().encode('[1]'), 'is [1], not a JSON object'],
    [new TextEncoder().encode('['.repeat(100_000) + ']'.repeat(100_000)), 'nests its JSON deeper than 64 levels'],
    [new TextEncoder().encode(`{"name":${'['.repeat(65)}${']'.repeat(65)}}`), 'nests its JSON deeper than 64 levels'],
    [new Uint8Array(1_048_577).fill(0x20), 'has 1048577 bytes; at most 1048576 are allowed'],
  ])('refuses a section that is no JSON object', (payload, message) => {
    expect(() => readManifest(moduleWith(payload))).toThrow(message);
  });

  it.each([
    ['abi', 2],
    ['name', 'Bad Name'],
    ['name', 'x'.repeat(65)],
    ['version', '1.0'],
    ['description', 5],
    ['hooks', []],
    ['hooks', ['on_connect']],
    ['hooks', ['on_request_message', 'on_request_message']],
    ['hooks', ['on_request_message', 'on_teapot']],
    ['config', 'x'],
    ['response', 'sometimes'],
    ['capabilities', undefined],
  ])('names the member that is wrong: %s = %j', (key, value) => {
    expect(() => parseManifest(JSON.stringify({ ...GOOD, [key]: value }))).toThrow(new RegExp(`${key} is `));
  });

  it.each([
    [['*:*'], undefined],
    [['api.example.com', '*.example.org:8443', 'https://[::1]:*'], undefined],
    [[], undefined],
    ['api.example.com', 'capabilities.httpOptional is "api.example.com"; it lists hosts such as'],
    [{}, 'capabilities.httpOptional is {}'],
    [null, 'capabilities.httpOptional is null'],
    [[7], 'capabilities.httpOptional is [7]'],
    [['a b'], 'capabilities.httpOptional is ["a b"]'],
    [['a.test', 'ftp://a.test'], 'capabilities.httpOptional is ["a.test","ftp://a.test"]'],
    [['me@a.test'], 'capabilities.httpOptional is ["me@a.test"]'],
  ])('takes hosts that it can do without for hosts: %j', (httpOptional, wanted) => {
    const parse = () => parseManifest(JSON.stringify({ ...GOOD, capabilities: { state: [], http: [], httpOptional } }));
    if (wanted === undefined) expect(parse().capabilities).toEqual({ state: [], http: [], httpOptional });
    else expect(parse).toThrow(wanted);
  });

  it('leaves them out where there are none', () => {
    expect(parseManifest(JSON.stringify(GOOD)).capabilities).toEqual({ state: ['room'], http: [] });
  });

  it('lists everything that is wrong at once', () => {
    expect(() => parseManifest(JSON.stringify({ ...GOOD, abi: 7, name: '', capabilities: { state: ['moon'], http: [1] } }))).toThrow(
      /abi is 7;.*name is "";.*capabilities\.state is \["moon"\].*capabilities\.http is \[1\]/,
    );
  });
});
