import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostError } from '../../host/src/errors.js';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, temporaryFolder } from '../support/plugin-files.js';
import { seededRandom } from '../support/random.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('many-workers');
});
afterEach(() => rm(folder, { recursive: true }));

const PATIENT = { deadlineMs: 20_000 };
/** Says how many messages their room, and their connection, have had with this one. */
const COUNT = `{
  name: 'count', version: '1.0.0', capabilities: { state: ['room', 'connection'] },
  onRequest(frame, ctx) {
    const message = JSON.parse(frame.text);
    if (message.type !== 'message') return sdk.pass();
    const room = ctx.connection.room;
    return sdk.drop('counted').reply(JSON.stringify({ type: 'count', room, inRoom: ctx.state.room.add('n'), own: ctx.state.connection.add('n') }));
  },
}`;

describe('more workers than cores', () => {
  it('64 of them start within engine.startTimeoutMs and serve, or the host says what to do', async () => {
    const upstream = await startUpstream();
    await writeFile(join(folder, 'count.wasm'), await buildPlugin(COUNT));
    const routes = [
      { path: '/up', backend: { kind: 'upstream' as const, url: upstream.url }, plugins: [{ use: './count.wasm', limits: PATIENT }] },
    ];
    const impatient = await startHost({ engine: { workers: 64, startTimeoutMs: 100 }, routes }, { folder }).catch(
      (error: unknown) => error,
    );
    expect(impatient).toBeInstanceOf(HostError);
    expect(impatient).toMatchObject({
      code: 'PLUGIN_START_FAILED',
      message: expect.stringMatching(/65 threads start on \d+ cores: lower engine.workers, or raise/),
    });
    const { url } = await startHost({ engine: { workers: 64, startTimeoutMs: 600_000 }, routes }, { folder });
    const clients = await Promise.all(Array.from({ length: 100 }, () => connect(`${url}/up`)));
    for (const client of clients) client.send('{"type":"message"}');
    for (const client of clients) expect(await client.nextJson()).toMatchObject({ type: 'count', own: 1 });
  }, 300_000);

  it('4 of them count exactly while clients change rooms under load, and leave', async () => {
    await writeFile(join(folder, 'count.wasm'), await buildPlugin(COUNT));
    const { url } = await startHost(
      {
        engine: { workers: 4 },
        routes: [{ path: '/chat', backend: { kind: 'chat' }, plugins: [{ use: './count.wasm', limits: PATIENT }] }],
      },
      { folder },
    );
    const random = seededRandom('room changes');
    const rooms = ['tea', 'coffee', 'cocoa', 'mate', 'water'];
    const sent = new Map<string, number>();
    const seen = new Map<string, number[]>();
    const visit = async (): Promise<void> => {
      const client = await connect(`${url}/chat`);
      let own = 0;
      for (let stay = 0; stay < 6; stay++) {
        const room = rooms[random(rooms.length)] ?? '';
        client.send(JSON.stringify({ type: 'join', room }));
        await answer(client, 'joined', room);
        const messages = random(20);
        for (let index = 0; index < messages; index++) client.send(JSON.stringify({ type: 'message', content: 'x' }));
        for (let index = 0; index < messages; index++) {
          const count = await answer(client, 'count', room);
          own += 1;
          expect(count.own).toBe(own);
          sent.set(room, (sent.get(room) ?? 0) + 1);
          seen.set(room, [...(seen.get(room) ?? []), Number(count.inRoom)]);
        }
      }
      client.socket.terminate();
    };
    // somebody stays in each: what plugins keep for a room ends with it
    for (const room of rooms) {
      const stays = await connect(`${url}/chat`);
      stays.send(JSON.stringify({ type: 'join', room }));
      await answer(stays, 'joined', room);
    }
    await Promise.all(Array.from({ length: 24 }, visit));
    expect(sent.size).toBeGreaterThan(3);
    for (const [room, count] of sent) {
      // each sum was shown once, none was skipped
      expect(seen.get(room)?.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    }
  }, 120_000);
});

/** The next frame of that type, which must be of that room. */
async function answer(client: WsClient, type: string, room: string): Promise<Record<string, unknown>> {
  for (;;) {
    const frame = await client.nextJson();
    if (frame.type === 'notice') throw new Error(`the chat refuses: ${JSON.stringify(frame)}`);
    if (frame.type !== type) continue;
    expect(frame.room).toBe(room);
    return frame;
  }
}
