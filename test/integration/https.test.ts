import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Certificate, makeAuthority } from '../support/certificates.js';
import { killAfterEach, startHostProcess } from '../support/host-process.js';
import { startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, temporaryFolder } from '../support/plugin-files.js';
import { WsClient } from '../support/ws-client.js';

stopAfterEach();
killAfterEach();

/** Says what came of a request to the address that a frame names. */
const ASKS = `{
  name: 'asks', version: '1.0.0', capabilities: { http: ['localhost:*'] },
  onRequest: (frame) => fetch(frame.text)
    .then((response) => response.text())
    .then((text) => sdk.replace('answer: ' + text), (error) => sdk.replace('no answer: ' + error.message)),
}`;

const authority = makeAuthority();
const servers: Server[] = [];
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder('https');
  await writeFile(join(folder, 'asks.wasm'), await buildPlugin(ASKS));
  await writeFile(join(folder, 'authority.pem'), authority.cert);
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.closeAllConnections();
  await rm(folder, { recursive: true });
});

async function serve(certificate: Certificate): Promise<string> {
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (_request, response) => void response.end('well met'));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `https://localhost:${(server.address() as AddressInfo).port}/`;
}

/** A client of a real host, in a process of its own, whose plugin asks. */
async function ask(env: Readonly<Record<string, string>>, urls: readonly string[]): Promise<(string | Buffer)[]> {
  const upstream = await startUpstream();
  const plugins = [{ use: './asks.wasm', http: { hosts: ['localhost:*'], allowPrivate: true } }];
  const config = { server: { port: 0 }, routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins }] };
  const host = await startHostProcess(folder, { config, env });
  const client = await WsClient.open(await host.printed(/ws:\/\/localhost:\d+\/up/));
  for (const url of urls) client.send(url);
  const answers = await client.take(urls.length);
  client.socket.terminate();
  return answers;
}

describe('HTTPS for plugins', () => {
  it('believes an authority that the operator names, and no other certificate', async () => {
    const hour = 3_600_000;
    const past = { notBefore: new Date(Date.now() - 2 * hour), notAfter: new Date(Date.now() - hour) };
    const urls = await Promise.all([
      serve(authority.issue(['localhost'])),
      serve(authority.issue(['example.com'])),
      serve(authority.issue(['localhost'], past)),
      serve(makeAuthority('somebody else').issue(['localhost'])),
      serve(makeAuthority('localhost')),
    ]);
    const answers = await ask({ NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') }, urls);
    expect(answers[0]).toBe('answer: well met');
    expect(answers[1]).toMatch(/^no answer: .*Hostname\/IP does not match certificate's altnames/);
    expect(answers[2]).toMatch(/^no answer: .*certificate has expired/);
    for (const answer of answers.slice(3))
      expect(answer).toMatch(/^no answer: .*not from an authority that this host trusts.*NODE_EXTRA_CA_CERTS/);
  });

  it.each([{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }])(
    'refuses a certificate that nobody vouches for, whatever the environment says: %j',
    async (env) => {
      const url = await serve(authority.issue(['localhost']));
      expect(await ask(env, [url])).toEqual([expect.stringMatching(/^no answer: .*NODE_EXTRA_CA_CERTS/)]);
    },
  );
});
