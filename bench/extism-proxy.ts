import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import createPlugin from '@extism/extism';
import { startProxy } from './bare-servers.js';

/** What Otoroshi tells a plugin beside the message, as far as our host does: the same for every frame of a connection, so built once. */
function envelope({ headers, method, url }: IncomingMessage): string {
  const members = {
    snowflake: '1',
    idx: 0,
    request: {
      id: '1',
      method,
      headers,
      cookies: [],
      uri: url,
      path: url,
      query: {},
      version: 'HTTP/1.1',
      host: 'localhost',
      remote: '127.0.0.1',
      has_body: false,
    },
    otoroshi_request: { url, method, headers, version: 'HTTP/1.1', cookies: [] },
    route: { id: 'bench', name: 'bench' },
    target: null,
    config: {},
    attrs: {},
  };
  return JSON.stringify(members).slice(0, -1);
}

const HOOKS = { request: 'on_request_message', response: 'on_response_message' } as const;

/**
 * The bare proxy with `@extism/extism` in its thread: each text message goes through the module's hook as Otoroshi would call it.
 * Calls follow each other, because a call resets the blocks that another one still reads. Nothing guards it: no deadline, no limits.
 */
export async function startExtismProxy(upstreamUrl: string, file: string): Promise<string> {
  const wasm = await readFile(file);
  const plugin = await createPlugin({ wasm: [{ data: new Uint8Array(wasm) }] }, { useWasi: true, runInWorker: false });
  let last: Promise<void> = Promise.resolve();
  return startProxy(upstreamUrl, (request) => {
    const start = envelope(request);
    return (direction, data, isBinary, pass) => {
      if (isBinary) throw new Error('This proxy takes text messages.');
      const text = data.toString();
      const before = last;
      const run = async (): Promise<void> => {
        await before;
        const output = await plugin.call(HOOKS[direction], `${start},"message":{"kind":"text","payload":${JSON.stringify(text)}}}`);
        pass(output === null ? text : (output.json() as { message: { payload: string } }).message.payload);
      };
      last = run();
    };
  });
}
