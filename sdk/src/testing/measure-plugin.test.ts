import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measurePlugin, PluginFaultError } from './index.js';

const SOURCE = `
import { definePlugin, drop, reject, replace } from '@framegate/sdk';
const hoard = [];
export const plugin = definePlugin({
  name: 'sample', version: '1.2.3',
  config: { type: 'object', properties: { work: { type: 'integer', default: 0 } }, additionalProperties: false },
  onRequest(frame, ctx) {
    if (frame.kind === 'binary') return replace(frame.bytes, frame.bytes);
    for (let round = 0; round < ctx.config.work; round++) Math.imul(round, round);
    const [word, number] = frame.text.split(' ');
    switch (word) {
      case 'count': ctx.state.set('frame-' + number, 1); return drop('counted').reply('no');
      case 'hoard': hoard.push(new Uint8Array(50_000)); return;
      case 'fourth': if (number === '4') throw new Error('not the fourth'); return;
      case 'hang': for (;;);
      case 'bad': return reject(1008, 'bad');
    }
  },
});
`;

describe('measurePlugin', () => {
  let folder: string;
  let wasm: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-measure-'));
    wasm = join(folder, 'sample.wasm');
    await compilePlugin({ source: SOURCE, resolveDir: import.meta.dirname, outFile: wasm });
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('says what a frame that passes costs: its bytes in, none out, fuel, no state', async () => {
    const measure = await measurePlugin(wasm, { frames: 500, payload: 'hello' });
    expect(measure).toMatchObject({
      name: 'sample',
      version: '1.2.3',
      hook: 'on_request_message',
      frames: 500,
      warmUpFrames: 50,
      payloadBytes: 5,
      bytesIn: 5,
      bytesOut: 0,
      stateBytes: 0,
      verdicts: { passed: 500, replaced: 0, dropped: 0, rejected: 0, replied: 0, closed: 0 },
    });
    expect(measure.fuel?.mean).toBeGreaterThan(1_000);
    expect(measure.p50Us).toBeGreaterThan(0);
    expect(measure.p99Us).toBeGreaterThanOrEqual(measure.p50Us);
    expect(measure.memory.last).toBe(measure.memory.warm);
  });

  it('measures more fuel where the configuration asks for more work', async () => {
    const idle = await measurePlugin(wasm, { frames: 20, payload: 'hello' });
    const busy = await measurePlugin(wasm, { frames: 20, payload: 'hello', config: { work: 10_000 } });
    expect(busy.fuel?.mean).toBeGreaterThan((idle.fuel?.mean ?? Number.NaN) + 10_000);
  });

  it('numbers the frames, commits their state and counts their verdicts', async () => {
    const counted = await measurePlugin(wasm, { frames: 12, payload: 'count {n}' });
    expect(counted.verdicts).toMatchObject({ passed: 0, dropped: 12, replied: 12 });
    expect(counted.stateBytes).toBe(9 * 'frame-11'.length + 3 * 'frame-111'.length);
    expect((await measurePlugin(wasm, { frames: 3, payload: 'bad' })).verdicts).toMatchObject({ passed: 0, rejected: 3 });
  });

  it('gives bytes as binary frames, and counts what comes out', async () => {
    const measure = await measurePlugin(wasm, { frames: 10, payload: new Uint8Array(1000) });
    expect(measure).toMatchObject({ bytesIn: 1000, bytesOut: 2000, verdicts: { replaced: 10 } });
  });

  it('sees a guest that keeps what it should let go', async () => {
    const { memory } = await measurePlugin(wasm, { frames: 200, payload: 'hoard' });
    expect(memory.last - memory.warm).toBeGreaterThan(150 * 50_000);
  });

  it('names the frame on which the plugin failed', async () => {
    const failure = await measurePlugin(wasm, { frames: 10, payload: 'fourth {n}' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PluginFaultError);
    expect(failure).toMatchObject({ code: 'PLUGIN_ERROR', message: expect.stringContaining('frame 4: Error: not the fourth') });
  });

  it('stops a plugin that hangs', async () => {
    await expect(measurePlugin(wasm, { payload: 'hang', limits: { fuel: 1_000_000 } })).rejects.toThrow(/PLUGIN_FUEL: frame 1:/);
  });

  it('refuses a hook that the plugin does not have', async () => {
    await expect(measurePlugin(wasm, { hook: 'on_response_message' })).rejects.toThrow('has no on_response_message');
  });

  it('reports how far it is', async () => {
    const reports: number[] = [];
    await measurePlugin(wasm, { frames: 2_100, payload: 'hello', onProgress: (frames) => reports.push(frames) });
    expect(reports).toEqual([1024, 2048]);
  });
});
