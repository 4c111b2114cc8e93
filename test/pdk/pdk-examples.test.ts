import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { compilePlugin } from '@framegate/sdk/compiler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { PDK_EXAMPLES } from './pdk-examples.js';

stopAfterEach();

/** Answers with what it was asked. */
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const { 'x-number': number, 'x-truth': truth } = request.headers;
    response.writeHead(201).end(JSON.stringify({ method: request.method, number, truth, body }));
  });
});
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-pdk-examples-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [index, { hook }] of PDK_EXAMPLES.entries()) {
    const source = `const origin = ${JSON.stringify(origin)};
      export async function on_request_message() { let result; ${hook} Host.outputString(JSON.stringify({ message: { kind: 'text', payload: JSON.stringify(result) } })); }`;
    await compilePlugin({ source, resolveDir: import.meta.dirname, outFile: join(folder, `${index}.wasm`) });
  }
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe.each(['direct', 'extism'] as const)('the Extism JS PDK as it is documented, on the %s runtime', (runtime) => {
  it.each(PDK_EXAMPLES.map((example, index) => ({ ...example, index })))('has $name', async ({ index, result }) => {
    const upstream = await startUpstream();
    const { url } = await startHost(
      {
        engine: { runtime },
        routes: [
          {
            path: '/up',
            backend: { kind: 'upstream', url: upstream.url },
            plugins: [{ use: `./${index}.wasm`, config: { greeting: 'hi' }, http: { hosts: ['127.0.0.1:*'], allowPrivate: true } }],
          },
        ],
      },
      { folder },
    );
    const client = await connect(`${url}/up`);
    client.send('héllo €');
    expect(JSON.parse(String(await client.next()))).toEqual(result);
  });
});

it('a source that asks for host functions at its top level is not built, and the place is named', async () => {
  const source = `const { hello } = Host.getFunctions() as never;\nexport function on_request_message() { hello; }`;
  await expect(compilePlugin({ source, resolveDir: import.meta.dirname })).rejects.toThrow(
    /this host has no functions of its own for plugins/,
  );
});
