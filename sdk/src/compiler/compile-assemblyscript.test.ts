import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '@framegate/sdk/abi';
import { loadPlugin, PluginFaultError, type TestPlugin } from '@framegate/sdk/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilePlugin } from './index.js';

const PUPPET = `
import { close, config, connection, drop, fail, frame, json, log, note, now, pass, reject, replace, replaceBytes, reply, replyBytes, state } from '@framegate/sdk/assemblyscript';

let greeting: string = '';

export function framegate_setup(): i32 {
  greeting = 'hello from ' + config.text('town', 'nowhere');
  if (config.flag('broken')) return fail('no ' + config.number('seats').toString() + ' seats');
  return 0;
}

export function on_connect(): i32 {
  const user = json.text(json.member(json.member(connection(), 'user')!, 'name'));
  return reply(greeting + ', ' + user! + ' (' + frame.length().toString() + ')');
}

export function on_disconnect(): i32 {
  state.add('gone');
  return 0;
}

export function on_response_message(): i32 {
  return frame.isBinary() ? replaceBytes(frame.bytes().subarray(1)) : replace('<' + frame.text() + '>');
}

export function on_request_message(): i32 {
  if (frame.isBinary()) return replyBytes(frame.bytes());
  const text = frame.text();
  const space = text.indexOf(' ');
  const command = space < 0 ? text : text.substring(0, space);
  const rest = space < 0 ? '' : text.substring(space + 1);
  if (command == 'pass') return pass(rest);
  if (command == 'twice') { replace(rest); return replace(rest); }
  if (command == 'drop') { drop('first'); reply('no'); return drop(rest); }
  if (command == 'reject') return reject(1008, rest);
  if (command == 'close') return close(4000, rest);
  if (command == 'note') return note(rest);
  if (command == 'fail') { state.setText('never', 'kept'); return fail(rest); }
  if (command == 'throw') throw new Error(rest);
  if (command == 'range') return load<u8>(0xfffffff0);
  if (command == 'unequal') { assert(rest == 'equal', 'not equal'); return 0; }
  if (command == 'many') { for (let i = 0; i < 100; i++) replace(i.toString()); return 0; }
  if (command == 'log') { log.debug(rest); log.info(rest); log.warn(rest); log.error(rest); return 0; }
  if (command == 'now') return replace((<i64>now()).toString());
  if (command == 'room') return replace(json.member(connection(), 'room')!);
  if (command == 'count') return replace((<i32>state.room.add('count', 2, 1000)).toString());
  if (command == 'set') return replace(state.setText('key', rest).toString());
  if (command == 'get') { const value = state.getText('key'); return replace(value === null ? 'nothing' : value); }
  if (command == 'delete') return replace(state.delete('key').toString());
  if (command == 'ttl') return replace(state.room.ttl('count').toString());
  if (command == 'bytes') { state.setBytes('raw', Uint8Array.wrap(String.UTF8.encode(rest))); return replace(state.getBytes('raw')!.length.toString()); }
  if (command == 'number') { state.setJson('n', rest); return replace(state.getNumber('n').toString()); }
  if (command == 'user') { state.user.add('x'); return 0; }
  if (command == 'for') return replace(state.setText('timed', 'x', json.number(rest)).toString());
  if (command == 'add-for') { state.add('timed', 1, json.number(rest)); return 0; }
  if (command == 'add') { state.add('sum', rest == 'NaN' ? NaN : Infinity); return 0; }
  if (command == 'denied') { state.user.setText('x', 'y'); return 0; }
  if (command == 'long-key') { state.setText('k'.repeat(513), 'y'); return 0; }
  if (command == 'fill') return replace(state.setText(rest, 'x'.repeat(600)).toString());
  if (command == 'random') return replace((Math.random() < 1).toString());
  if (command == 'valid') return replace(json.isValid(rest).toString());
  if (command == 'member') { const value = json.member(rest, 'a'); return replace(value === null ? 'nothing' : value); }
  if (command == 'text') { const value = json.text(rest); return replace(value === null ? 'nothing' : value); }
  if (command == 'quote') return replace(json.quote(rest));
  if (command == 'parse') return replace(json.number(rest).toString());
  if (command == 'elements') return replace(json.elements(rest).join('|'));
  return fail('unknown command ' + command);
}
`;

const MANIFEST = {
  name: 'puppet',
  version: '1.2.3',
  capabilities: { state: ['plugin', 'room'], http: [] },
  config: {
    type: 'object',
    properties: { town: { type: 'string', default: 'Tea' }, broken: { type: 'boolean' }, seats: { type: 'number' } },
  },
};

let root: string;

/** A project with this source, and what else is different from the usual. */
async function project(name: string, source: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'assembly'), { recursive: true });
  const all = {
    'asconfig.json': '{"targets":{"release":{"optimizeLevel":3,"shrinkLevel":1}}}',
    'plugin.json': JSON.stringify(MANIFEST),
    ...files,
  };
  for (const [file, text] of Object.entries(all)) if (text !== '') await writeFile(join(folder, file), text);
  const entry = join(folder, 'assembly/index.ts');
  await writeFile(entry, source);
  return entry;
}

const refusal = (entry: string) =>
  compilePlugin({ entry }).then(
    () => undefined,
    (error: unknown) => error,
  );
const PASSING = 'export function on_request_message(): i32 { return 0; }';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'framegate-assemblyscript-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('an AssemblyScript plugin', { timeout: 60_000 }, () => {
  let wasm: string;
  let plugin: TestPlugin;
  const answer = async (text: string) => (await plugin.request(text)).forwarded?.join(' & ');

  beforeAll(async () => {
    const entry = await project('puppet', PUPPET);
    wasm = join(root, 'puppet/dist/plugin.wasm');
    const compiled = await compilePlugin({ entry, outFile: wasm });
    expect(compiled.warnings).toEqual([]);
    expect(compiled.sources.map((file) => file.slice(root.length))).toEqual([
      '/puppet/asconfig.json',
      '/puppet/assembly/index.ts',
      '/puppet/plugin.json',
    ]);
    plugin = await loadPlugin(wasm, { connection: { room: 'tea', user: { id: 'u', name: 'Bob' } }, limits: { stateBytes: 1000 } });
  }, 60_000);
  afterAll(() => plugin.dispose());

  it('is a module of at most 40 KB with the manifest of plugin.json and the hooks that it exports', async () => {
    expect((await stat(wasm)).size).toBeLessThanOrEqual(40_000);
    expect(readManifest(await readFile(wasm))).toEqual({
      abi: 1,
      ...MANIFEST,
      hooks: ['on_connect', 'on_request_message', 'on_response_message', 'on_disconnect'],
      response: 'per-recipient',
    });
  });

  it('says each verdict', async () => {
    expect(await plugin.request('pass')).toMatchObject({ passed: true, reason: undefined });
    expect(await plugin.request('pass because')).toMatchObject({ passed: true, reason: 'because' });
    expect(await plugin.request('twice größer 🫖')).toMatchObject({ forwarded: ['größer 🫖', 'größer 🫖'] });
    expect(await plugin.request('drop spam')).toMatchObject({ dropped: true, reason: 'spam', replies: ['no'] });
    expect(await plugin.request('reject bad')).toMatchObject({ reject: { code: 1008, reason: 'bad' } });
    expect(await plugin.request('close bye')).toMatchObject({ close: { code: 4000, reason: 'bye' } });
    expect((await plugin.request('many')).forwarded).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    expect((await plugin.request(Uint8Array.of(1, 2, 3))).replies).toEqual([Uint8Array.of(1, 2, 3)]);
    expect((await plugin.response(Uint8Array.of(1, 2, 3))).forwarded).toEqual([Uint8Array.of(2, 3)]);
    expect((await plugin.response('back')).forwarded).toEqual(['<back>']);
    expect((await plugin.connect()).replies).toEqual(['hello from Tea, Bob (0)']);
  });

  it('faults with what it says: by fail, by throw, by assert, and where', async () => {
    await expect(plugin.request('fail on purpose')).rejects.toThrow(
      new PluginFaultError({ kind: 'fault', code: 'PLUGIN_ERROR', message: 'on purpose' }),
    );
    await expect(plugin.request('throw something')).rejects.toThrow(/^PLUGIN_TRAP: something\n {4}at assembly\/index\.ts:\d+:\d+$/);
    await expect(plugin.request('unequal x')).rejects.toThrow(/not equal\n {4}at assembly\/index\.ts:\d+:\d+/);
    await expect(plugin.request('range')).rejects.toThrow(/PLUGIN_TRAP: memory access out of bounds/);
    expect(plugin.state.get('plugin', 'never')).toBeUndefined();
    await expect(loadPlugin(wasm, { config: { broken: true, seats: 2 } })).rejects.toThrow(/no 2\.0 seats/);
  });

  it('keeps state as a TypeScript plugin would', async () => {
    expect(await answer('get')).toBe('nothing');
    expect(await answer('set "quoted"\n\u0001 🫖')).toBe('true');
    expect(await answer('get')).toBe('"quoted"\n\u0001 🫖');
    expect(plugin.state.get('plugin', 'key')).toBe('"quoted"\n\u0001 🫖');
    expect(await answer('delete')).toBe('true');
    expect(await answer('delete')).toBe('false');
    expect(await answer('count')).toBe('2');
    plugin.clock.advance(400);
    expect(await answer('count')).toBe('4');
    expect(await answer('ttl')).toBe('600.0');
    plugin.clock.advance(600);
    expect(await answer('ttl')).toBe('-1.0');
    expect(plugin.state.get('room', 'count', 'tea')).toBeUndefined();
    expect(await answer('bytes four')).toBe('4');
    expect(await answer('number 1e3')).toBe('1000.0');
    expect([await answer('fill one'), await answer('fill two')]).toEqual(['true', 'false']);
    await plugin.disconnect();
    expect(plugin.state.get('plugin', 'gone')).toBe(1);
    await expect(plugin.request('denied')).rejects.toThrow(
      /state key "x": not granted; name the scope in capabilities\.state of plugin\.json/,
    );
    await expect(plugin.request('long-key')).rejects.toThrow(/a key has at most 512 bytes/);
  });

  it('refuses a time and a number that are none', async () => {
    expect(await answer('for 0')).toBe('true');
    for (const [ttl, got] of [
      ['-1', '-1.0'],
      ['none', 'NaN'],
    ]) {
      const refusal = `PLUGIN_TRAP: state key "timed": ttl is ${got}; it takes milliseconds above 0, or 0: for ever`;
      await expect(plugin.request(`for ${ttl}`)).rejects.toThrow(refusal);
      await expect(plugin.request(`add-for ${ttl}`)).rejects.toThrow(refusal);
    }
    for (const delta of ['NaN', 'Infinity'])
      await expect(plugin.request(`add ${delta}`)).rejects.toThrow(`state key "sum": delta is ${delta}; it takes a finite number`);
  });

  it('reads the clock, its connection and random numbers, and logs', async () => {
    expect(await answer('now')).toBe(String(plugin.clock.now));
    expect(await answer('room')).toBe('"tea"');
    plugin.update({ room: 'milk' });
    expect(await answer('room')).toBe('"milk"');
    expect(await answer('random')).toBe('true');
    await plugin.request('log größer');
    expect(plugin.logs.slice(-4).map(({ level, message }) => `${level} ${message}`)).toEqual(
      ['debug', 'info', 'warn', 'error'].map((level) => `${level} größer`),
    );
  });

  it('takes frames of any size, one after the other, in memory that stays as it is', async () => {
    for (const length of [0, 1, 4096, 200_000, 5]) {
      const text = 'ü'.repeat(length);
      expect(await answer(`twice ${text}`)).toBe(`${text} & ${text}`);
    }
    const small = await loadPlugin(wasm, { limits: { memoryBytes: 1_048_576 } });
    for (let round = 0; round < 2000; round++) expect((await small.request(`twice ${'x'.repeat(1000)}`)).forwarded).toHaveLength(2);
    await small.dispose();
  });

  it('reads JSON as JSON.parse does', async () => {
    const parsed = (text: string): { value: unknown } | undefined => {
      try {
        return { value: JSON.parse(text) };
      } catch {
        return undefined;
      }
    };
    const parsesAlike = async (text: string): Promise<void> => {
      const [found, known] = [Number(await answer(`parse ${text}`)), JSON.parse(text) as number];
      if (!Number.isFinite(known)) expect(found).toBe(known);
      else expect(Math.abs(found - known)).toBeLessThanOrEqual(Math.abs(known) * 1e-14 + Number.MIN_VALUE);
    };
    const mangled = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, more]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + more + text.slice(place + 1);
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), mangled, fc.string()), async (text) => {
        expect(await answer(`valid ${text}`)).toBe(String(parsed(text) !== undefined));
      }),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom('a', '\u0061b', 'b', '"', '\n'), fc.jsonValue()), fc.nat(4), async (value, spaces) => {
        const found = await answer(`member ${JSON.stringify(value, null, spaces)}`);
        expect(found === 'nothing' ? undefined : JSON.parse(found ?? '')).toEqual(parsed(JSON.stringify(value.a))?.value);
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        async (list, text, number) => {
          expect(await answer(`elements ${JSON.stringify(list)}`)).toBe(list.map((item) => JSON.stringify(item)).join('|'));
          expect(await answer(`text ${JSON.stringify(text)}`)).toBe(text);
          expect(JSON.parse((await answer(`quote ${text}`)) ?? '')).toBe(text);
          await parsesAlike(JSON.stringify(number));
        },
      ),
    );
    expect(await answer('member {"a":1,"\\u0061":2}')).toBe('2');
    for (const edge of [
      '1.7976931348623157e+308',
      '-1.7976931348623157e308',
      '17.976931348623157e307',
      '1.8e308',
      '5e-324',
      '2.2250738585072014e-308',
    ])
      await parsesAlike(edge);
    expect(await answer('member [1]')).toBe('nothing');
    expect(await answer('text 5')).toBe('nothing');
    expect(await answer('parse "5"')).toBe('NaN');
    for (const text of ['-9.951964856161991e+38', '1E400', '-1e-400', '0e999', '140', '0.1', '1e99999999999']) await parsesAlike(text);
    expect(await answer(`valid ${'['.repeat(100_000)}`)).toBe('false');
  });
});

describe('compilePlugin on AssemblyScript', { timeout: 60_000 }, () => {
  it('takes an entry without asconfig.json when it is told the language', async () => {
    const entry = await project('told', PASSING, { 'asconfig.json': '', 'package.json': '{}' });
    const { manifest } = await compilePlugin({ entry, language: 'assemblyscript' });
    expect(manifest).toMatchObject({ name: 'puppet', hooks: ['on_request_message'] });
  });

  it('gives the same bytes for the same source', async () => {
    const [one, other] = await Promise.all([project('one', PASSING), project('other', PASSING)]);
    expect((await compilePlugin({ entry: one })).wasm).toEqual((await compilePlugin({ entry: other })).wasm);
  });

  it('shows the place of a mistake', async () => {
    const error = await refusal(await project('mistake', 'export function on_request_message(): i32 {\n  return "text";\n}\n'));
    expect(error).toMatchObject({ name: 'CompileError', kind: 'syntax', location: { file: 'assembly/index.ts', line: 2, column: 10 } });
    expect((error as Error).message).toContain('> 2 |   return "text";\n    |          ^^^^^^');
  });

  it.each([
    ['no file', 'entry', /there is no file/, undefined, {}],
    ['no plugin.json', 'manifest', /there is no plugin\.json/, PASSING, { 'plugin.json': '' }],
    ['not JSON', 'manifest', /plugin\.json is not JSON/, PASSING, { 'plugin.json': '{' }],
    ['an array', 'manifest', /plugin\.json is \[\], not an object/, PASSING, { 'plugin.json': '[]' }],
    ['a bad name', 'manifest', /plugin\.json: .*name is "A"/, PASSING, { 'plugin.json': '{"name":"A","version":"1.0.0"}' }],
    ['its own hooks', 'manifest', /leave out "hooks"/, PASSING, { 'plugin.json': '{"hooks":[]}' }],
    ['no hook', 'shape', /the module exports other, .*; it needs a function "on_request_message"/, 'export function other(): void {}', {}],
    ['a browser', 'shape', /the module imports env\.console\.log, which a host does not offer/, `${PASSING} console.log("x");`, {}],
  ])('refuses a project with %s', async (name, kind, message, source, files) => {
    const entry = await project(`refused ${name}`, source ?? '', files);
    if (source === undefined) await rm(entry);
    const error = await refusal(entry);
    expect(error).toMatchObject({ name: 'CompileError', kind });
    expect((error as Error).message).toMatch(message);
  });
});
