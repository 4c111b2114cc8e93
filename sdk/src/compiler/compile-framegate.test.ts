import { HOST_MODULE, MAX_RECORDS, STATE_STATUS } from '@framegate/sdk/abi';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AbiHostOptions, AbiV1Host, type CallResult } from '../../../test/support/abi-v1-host.js';
import { compilePlugin } from './compile.js';
import { inspectModule } from './inspect.js';

const VERDICTS = `
import { close, definePlugin, drop, pass, reject, replace, reply } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'verdicts',
  version: '1.2.3',
  description: 'One verdict for each word.',
  config: { type: 'object', properties: { word: { type: 'string', default: 'x' } } },
  capabilities: { state: ['plugin', 'room'] },
  onRequest(frame, ctx) {
    if (frame.kind === 'binary') return replace(frame.bytes.map((byte) => byte + 1), frame.bytes.subarray(1, 3));
    switch (frame.text) {
      case 'nothing': return;
      case 'pass': return pass();
      case 'replace': return replace('héllo €😀', 'two', '');
      case 'lone': return replace('a' + '😀'.slice(0, 1));
      case 'reply': return reply('psst', new Uint8Array([1, 2]));
      case 'drop': return drop('because').reply('no');
      case 'close': return close(4001, 'bye ✓');
      case 'reject': return reject(1009, 'too big').note('mine');
      case 'many': return replace('0', ...Array.from({ length: 2000 }, String));
      case 'context': return replace(JSON.stringify([ctx.connection.id, ctx.config, ctx.now(), ctx.connection.id]));
      case 'log': ctx.log.warn('careful'); console.log('from console'); return;
      case 'throw': throw new RangeError('boom');
      case 'wrong': return 5 as never;
    }
    return replace(frame.byteLength + ':' + frame.text.length);
  },
  async onResponse(frame) {
    await null;
    if (frame.text === 'throw') throw new Error('later');
    return replace(await Promise.resolve(frame.text.toUpperCase()));
  },
  onConnect: () => reply('hello'),
  onDisconnect() {},
});`;

const STATE = `
import { definePlugin, replace } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'state',
  version: '1.0.0',
  capabilities: { state: ['plugin', 'room', 'user', 'connection'] },
  onRequest(frame, { state }) {
    const seen = [state.get('né'), state.getBytes('bytes'), state.room.ttl('gone')];
    state.set('né', { n: frame.text });
    state.setBytes('bytes', new Uint8Array([1, 2, 3]).subarray(1));
    return replace(JSON.stringify([seen, state.get('né'), [...state.getBytes('bytes')!], state.user.add('hits', 2), state.user.add('hits'), state.ttl('né') === Infinity, state.connection.delete('none'), state.delete('né')]));
  },
});`;

const compileModule = async (source: string): Promise<WebAssembly.Module> =>
  new WebAssembly.Module((await compilePlugin({ source, resolveDir: import.meta.dirname })).wasm);

describe('a framegate plugin', () => {
  let verdicts: WebAssembly.Module;
  let state: WebAssembly.Module;
  beforeAll(async () => {
    verdicts = await compileModule(VERDICTS);
    state = await compileModule(STATE);
  });
  const run = (payload: string | Uint8Array, options?: AbiHostOptions): CallResult =>
    new AbiV1Host(verdicts, options).run('on_request_message', payload);

  it('carries its manifest and exports its hooks and the two functions of the ABI', async () => {
    const { wasm, manifest } = await compilePlugin({ source: VERDICTS, resolveDir: import.meta.dirname });
    const report = inspectModule(wasm);
    expect(manifest).toEqual({
      abi: 1,
      name: 'verdicts',
      version: '1.2.3',
      description: 'One verdict for each word.',
      hooks: ['on_connect', 'on_request_message', 'on_response_message', 'on_disconnect'],
      config: { type: 'object', properties: { word: { type: 'string', default: 'x' } } },
      capabilities: { state: ['plugin', 'room'], http: [] },
      response: 'per-recipient',
    });
    expect(report.manifest).toEqual(manifest);
    expect(report.abi).toBe('framegate');
    expect(Object.keys(report.imports).sort()).toEqual(['extism:host/env', HOST_MODULE, 'wasi_snapshot_preview1'].sort());
    expect(Object.fromEntries(report.exports.map(({ name, type }) => [name, type]))).toEqual({
      memory: undefined,
      framegate_io: '() -> i32',
      framegate_reserve: '(i32) -> i32',
      on_connect: '() -> i32',
      on_request_message: '() -> i32',
      on_response_message: '() -> i32',
      on_disconnect: '() -> i32',
    });
  });

  it.each(['nothing', 'pass'])('passes a frame without a record (%s)', (word) => {
    expect(run(word)).toEqual({ code: 0, records: [], failure: undefined });
  });

  it('reads text in UTF-8', () => {
    expect(run('a€😀').records).toEqual([{ op: 'forward', argument: 0, text: '8:4' }]);
  });

  it('replaces a frame by several', () => {
    expect(run('replace').records).toEqual(['héllo €😀', 'two', ''].map((text) => ({ op: 'forward', argument: 0, text })));
  });

  it('replaces a binary frame by bytes, of a whole buffer and of a part of one', () => {
    expect(run(new Uint8Array([1, 2, 255])).records).toEqual([
      { op: 'forward', argument: 1, bytes: new Uint8Array([2, 3, 0]) },
      { op: 'forward', argument: 1, bytes: new Uint8Array([2, 255]) },
    ]);
  });

  it('sends a lone surrogate as U+FFFD', () => {
    expect(run('lone').records).toEqual([{ op: 'forward', argument: 0, text: 'a\ufffd' }]);
  });

  it('replies, drops, closes and rejects', () => {
    expect(run('reply').records).toEqual([
      { op: 'reply', argument: 0, text: 'psst' },
      { op: 'reply', argument: 1, bytes: new Uint8Array([1, 2]) },
    ]);
    expect(run('drop').records).toEqual([
      { op: 'drop', argument: 0 },
      { op: 'reply', argument: 0, text: 'no' },
      { op: 'note', argument: 0, text: 'because' },
    ]);
    expect(run('close').records).toContainEqual({ op: 'close', argument: 4001, text: 'bye ✓' });
    expect(run('reject').records).toEqual([
      { op: 'reject', argument: 1009, text: 'too big' },
      { op: 'note', argument: 0, text: 'mine' },
    ]);
  });

  it('counts records above the maximum, for the host to refuse', () => {
    const host = new AbiV1Host(verdicts);
    expect(host.runRaw('on_request_message', new TextEncoder().encode('many'))).toBe(0);
    expect(host.recordCount).toBe(2001);
    expect(host.recordCount).toBeGreaterThan(MAX_RECORDS);
    expect(host.run('on_request_message', 'replace').records).toHaveLength(3);
  });

  it('awaits an asynchronous hook', () => {
    const host = new AbiV1Host(verdicts);
    expect(host.run('on_response_message', 'loud').records).toEqual([{ op: 'forward', argument: 0, text: 'LOUD' }]);
    expect(host.run('on_response_message', 'throw')).toMatchObject({ code: 1, failure: expect.stringMatching(/^Error: later\n/) });
  });

  it('runs the connection hooks', () => {
    const host = new AbiV1Host(verdicts);
    expect(host.run('on_connect').records).toEqual([{ op: 'reply', argument: 0, text: 'hello' }]);
    expect(host.run('on_disconnect').records).toEqual([]);
  });

  it('reads connection and configuration once, and the connection again when its version grew', () => {
    const host = new AbiV1Host(verdicts, { connection: { id: 'c-ü' }, config: { word: 'y' }, now: 1_700_000_000_123 });
    const expected = [{ op: 'forward', argument: 0, text: '["c-ü",{"word":"y"},1700000000123,"c-ü"]' }];
    expect(host.run('on_request_message', 'context').records).toEqual(expected);
    expect(host.run('on_request_message', 'context').records).toEqual(expected);
    expect([host.calls.get('connection'), host.calls.get('config')]).toEqual([1, 1]);
    host.run('on_request_message', 'context', 1, 2);
    host.run('on_request_message', 'context', 4_000_000_000, 2);
    expect([host.calls.get('connection'), host.calls.get('config')]).toEqual([3, 1]);
  });

  it('logs through the ABI', () => {
    const host = new AbiV1Host(verdicts);
    host.run('on_request_message', 'log');
    expect(host.logs).toEqual(['warn: careful', 'info: from console']);
  });

  it('fails with message and stack when a hook throws, and goes on afterwards', () => {
    const host = new AbiV1Host(verdicts);
    expect(host.run('on_request_message', 'throw')).toMatchObject({
      code: 1,
      failure: expect.stringMatching(/^RangeError: boom\n\s+at .*\(?plugin\.js:\d+:\d+/),
    });
    expect(host.run('on_request_message', 'wrong')).toMatchObject({
      code: 1,
      failure: expect.stringContaining('on_request_message returned a number'),
    });
    expect(host.run('on_request_message', 'pass')).toEqual({ code: 0, records: [], failure: undefined });
  });

  it('keeps state with the host', () => {
    const host = new AbiV1Host(state);
    expect(host.run('on_request_message', 'ü').records[0]?.text).toBe('[[null,null,null],{"n":"ü"},[2,3],2,3,true,false,true]');
    expect(new TextDecoder().decode(host.state.get('2/hits'))).toBe('3');
  });

  it('turns a refused write into an exception', () => {
    const host = new AbiV1Host(state, { refuseState: STATE_STATUS.denied });
    expect(host.run('on_request_message', 'x').failure).toContain('not granted; name the scope in capabilities.state');
  });

  it('reads a payload that is longer than any before', () => {
    const host = new AbiV1Host(verdicts);
    expect(host.run('on_request_message', 'ab').records[0]?.text).toBe('2:2');
    expect(host.run('on_request_message', 'x'.repeat(300_000)).records[0]?.text).toBe('300000:300000');
    expect(host.run('on_request_message', 'é'.repeat(10)).records[0]?.text).toBe('20:10');
  });

  it('keeps its memory flat over 100,000 calls', () => {
    const host = new AbiV1Host(verdicts, { connection: { id: 'c' }, config: {} });
    const words = ['pass', 'replace', 'reply', 'context', 'drop', 'x'.repeat(140)].map((word) => new TextEncoder().encode(word));
    const round = (calls: number): void => {
      for (let call = 0; call < calls; call++) host.runRaw('on_request_message', words[call % words.length] ?? new Uint8Array());
    };
    round(2000);
    const before = host.memoryBytes;
    round(100_000);
    expect(host.memoryBytes).toBe(before);
  });
});
