import { expect, it } from 'vitest';
import { connect, startHost, stopAfterEach } from '../support/hosts.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

/** The next message of that type (or without one, for `undefined`). */
async function nextOf(client: WsClient, type: string | undefined): Promise<Record<string, unknown>> {
  for (;;) {
    const message = await client.nextJson();
    if (message.type === type) return message;
  }
}

it('is a chat whose three plugins limit sizes, filter words and stop copy pasta', async () => {
  const { host, url } = await startHost({});
  expect(host.routes).toMatchObject([
    { path: '/chat', backend: 'chat', plugins: [{ name: 'size-limit' }, { name: 'word-filter' }, { name: 'copypasta' }] },
  ]);
  const ada = await connect(`${url}/chat?name=Ada&room=tea`);
  const bob = await connect(`${url}/chat?name=Bob&room=tea`);
  await nextOf(bob, 'joined');

  const say = (content: string) => ada.send(JSON.stringify({ type: 'message', content }));
  say('hello');
  expect(await nextOf(bob, 'message')).toMatchObject({ name: 'Ada', content: 'hello' });

  say('x'.repeat(141));
  expect(await nextOf(ada, undefined)).toEqual({ name: 'moderator', content: 'content is too long: the limit is 140 characters' });

  for (let times = 0; times < 3; times++) say('buy now');
  expect(await nextOf(ada, undefined)).toEqual({ name: 'moderator', content: 'content has been detected as copy pasta' });

  say('bye');
  const heard = [];
  do heard.push((await nextOf(bob, 'message')).content);
  while (heard.at(-1) !== 'bye');
  expect(heard).toEqual(['buy now', 'buy now', 'bye']);
});

it('serves the page, its assets and nothing else of the disk', async () => {
  const { host, http } = await startHost({ routes: [{}] });
  expect(host.page).toBe(true);
  const html = await (await fetch(`${http}/`)).text();
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(assets.length).toBeGreaterThan(0);
  for (const path of assets) {
    const response = await fetch(`${http}${path}`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  }
  expect((await fetch(`${http}/package.json`)).status).toBe(404);
});
