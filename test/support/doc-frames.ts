import type { JsonObject } from '@framegate/sdk';
import {
  loadPlugin,
  type TestClient,
  type TestPlugin,
  type TestRequest,
  type TestResponse,
  type TestVerdict,
} from '@framegate/sdk/testing';

const FRAME = /^([\w-]+)@([\w-]+)(?:\[([\w-]+): ([^\]]*)\])? ([→←]) (.*)$/;
const HTTP = /^http (\S+) (\S+) (.*) ⇒ (.*)$/;

interface Exchange {
  readonly request: string;
  readonly answer: TestResponse;
}

/**
 * Does what a `frames` block of the cookbook says, with a compiled plugin, and writes down what came of it in the same words: if the page is
 * right, the text of the block itself.
 */
export async function playFrames(script: string, plugin: string, config: JsonObject): Promise<string> {
  const exchanges: Exchange[] = [];
  const unexpected: string[] = [];
  const http = ({ method, url, body }: TestRequest): TestResponse => {
    const next = exchanges.shift();
    const request = `${method} ${url} ${body}`;
    if (next?.request === request) return next.answer;
    unexpected.push(`http ${request}: asked for, and not in the page`);
    return new Error('not in the page');
  };
  const loaded = await loadPlugin(plugin, { config, http });
  const clients = new Map<string, TestClient>();
  const played: string[] = [];
  try {
    for (const line of script.split('\n').filter((one) => !one.startsWith('  '))) {
      played.push(line);
      const [, ms] = /^\+ (\d+) ms$/.exec(line) ?? [];
      const [, method = '', url = '', body = '', answer = ''] = HTTP.exec(line) ?? [];
      if (ms !== undefined) loaded.clock.advance(Number(ms));
      else if (method !== '') {
        exchanges.push({ request: `${method} ${url} ${body}`, answer: /^\d{3}$/.test(answer) ? { status: Number(answer) } : answer });
      } else {
        played.push(...describe(await send(line, loaded, clients)));
        played.push(
          ...unexpected.splice(0),
          ...exchanges.splice(0).map(({ request }) => `http ${request}: in the page, and not asked for`),
        );
      }
    }
  } finally {
    await loaded.dispose();
  }
  return played.join('\n');
}

async function send(line: string, plugin: TestPlugin, clients: Map<string, TestClient>): Promise<TestVerdict> {
  const [, name = '', room = '', header, value = '', direction, payload = ''] = FRAME.exec(line) ?? [];
  if (name === '') throw new Error(`not a line of frames: ${line}`);
  const key = `${name}@${room}`;
  const client = clients.get(key) ?? plugin.client({ id: name, room, user: { id: name, name } });
  clients.set(key, client);
  if (header !== undefined) client.update({ headers: { [header]: value } });
  return direction === '→' ? client.request(payload) : client.response(payload);
}

function describe({ passed, dropped, forwarded, replies, reject, close, reason }: TestVerdict): string[] {
  const says: string[] = [];
  if (passed) says.push('passes');
  else if (reject) says.push(`rejects ${reject.code}: ${reject.reason}`);
  else if (close) says.push(`closes ${close.code}: ${close.reason}`);
  else if (dropped) says.push(reason === undefined ? 'drops' : `drops: ${reason}`);
  else says.push(...(forwarded ?? []).map((frame) => `becomes ${String(frame)}`));
  return [...says, ...replies.map((frame) => `replies ${String(frame)}`)].map((text) => `  ${text}`);
}
