import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type LogRecorder, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

describe.each(['direct', 'extism'] as const)('a plugin written for Otoroshi, on the %s runtime', (runtime) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-pdk-'));
    await compilePlugin({ entry: join(import.meta.dirname, 'moderator-plugin.ts'), outFile: join(folder, 'moderator.wasm') });
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function start(rejectStrategy: 'drop' | 'close'): Promise<{ client: WsClient; log: LogRecorder }> {
    const upstream = await startUpstream();
    const { url, log } = await startHost(
      {
        engine: { runtime },
        routes: [
          {
            path: '/up',
            backend: { kind: 'upstream', url: upstream.url },
            plugins: [{ use: './moderator.wasm', config: { limit: 10, greeting: 'hi' }, rejectStrategy }],
          },
        ],
      },
      { folder },
    );
    return { client: await connect(`${url}/up`), log };
  }

  it('changes requests and responses, keeps its variables, reads its configuration', async () => {
    const { client } = await start('drop');
    client.send('hello');
    client.send('as it is');
    client.send(new Uint8Array([1, 2, 3]));
    expect(await client.take(3)).toEqual(['[RESPONSE]:1: hello (hi)', '[RESPONSE]:as it is', '[RESPONSE]:3,2,1']);
    client.send('again');
    expect(await client.next()).toBe('[RESPONSE]:4: again (hi)');
  });

  it('has what it calls an error dropped, or the connection closed with its code', async () => {
    const dropping = await start('drop');
    dropping.client.send('far too long for this limit');
    dropping.client.send('short');
    expect(await dropping.client.next()).toBe('[RESPONSE]:2: short (hi)');

    const closing = await start('close');
    closing.client.send('far too long for this limit');
    expect(await closing.client.closed).toEqual({ code: 1009, reason: 'too long' });
  });
});
