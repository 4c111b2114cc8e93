import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeName, encodeU32, MANIFEST_SECTION, type PluginManifest } from '@framegate/sdk/abi';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assemble } from '../support/guests/engine-guests.js';
import { connect, startHost, stopAfterEach } from '../support/hosts.js';
import type { WsClient } from '../support/ws-client.js';

const MANIFEST: PluginManifest = {
  abi: 1,
  name: 'room-quota',
  version: '1.0.0',
  hooks: ['on_request_message'],
  capabilities: { state: ['room'], http: [] },
  response: 'per-recipient',
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-'));
  const section = [...encodeName(MANIFEST_SECTION), ...new TextEncoder().encode(JSON.stringify(MANIFEST))];
  await writeFile(
    join(folder, 'room-quota.wasm'),
    Uint8Array.of(...assemble('room-quota.wat'), 0, ...encodeU32(section.length), ...section),
  );
});

afterAll(() => rm(folder, { recursive: true }));
stopAfterEach();

/** A chat with a quota of three frames a room: how to enter it, and how to say something there. */
async function chat(options: { readonly rooms?: string[] } = {}) {
  const { url } = await startHost(
    { routes: [{ path: '/chat', backend: { kind: 'chat', ...options }, plugins: [{ use: './room-quota.wasm' }] }] },
    { folder },
  );
  const enter = async (name: string, room: string): Promise<WsClient> => {
    const client = await connect(`${url}/chat?name=${name}&room=${room}`);
    await client.take(2);
    return client;
  };
  const say = (client: WsClient, ...contents: string[]) => {
    for (const content of contents) client.send(JSON.stringify({ id: content, content }));
  };
  return { enter, say };
}

it('a plugin that keeps state of scope room sees who is in which room', async () => {
  const { enter, say } = await chat({ rooms: ['coffee'] });
  const ada = await enter('Ada', 'tea');
  const bob = await enter('Bob', 'coffee');
  say(ada, 'tea 1', 'tea 2', 'tea 3', 'tea 4');
  say(bob, 'coffee 1');
  for (const id of ['tea 1', 'tea 2', 'tea 3']) expect(await ada.nextJson()).toMatchObject({ type: 'ack', id });
  expect(await bob.nextJson()).toMatchObject({ type: 'ack', id: 'coffee 1' });

  // the way out of the room uses up the quota as well: a frame counts where its sender stood when it was sent
  bob.send(JSON.stringify({ type: 'join', room: 'cocoa' }));
  expect(await bob.nextJson()).toMatchObject({ type: 'joined', room: 'cocoa' });
  say(bob, 'cocoa 1', 'cocoa 2', 'cocoa 3', 'cocoa 4');
  for (const id of ['cocoa 1', 'cocoa 2', 'cocoa 3']) expect(await bob.nextJson()).toMatchObject({ type: 'ack', id });
  const cleo = await enter('Cleo', 'coffee');
  say(cleo, 'coffee 3', 'coffee 4');
  expect(await cleo.nextJson()).toMatchObject({ type: 'ack', id: 'coffee 3' });
  expect(cleo.unread + ada.unread).toBe(0);
});

it('what plugins keep for a room ends with the room', async () => {
  const { enter, say } = await chat();
  for (const name of ['Ada', 'Bob', 'Cleo']) {
    const client = await enter(name, 'tea');
    say(client, '1', '2');
    for (const id of ['1', '2']) expect(await client.nextJson()).toMatchObject({ type: 'ack', id });
    // The third frame, and so the last that the quota lets through.
    client.send(JSON.stringify({ type: 'join', room: `${name}'s` }));
    expect(await client.nextJson()).toMatchObject({ type: 'joined', room: `${name}'s` });
  }
});
