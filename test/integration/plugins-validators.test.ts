import { describe, expect, it } from 'vitest';
import type { HostConfigInput } from '../../host/src/index.js';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

type PluginInput = NonNullable<NonNullable<NonNullable<HostConfigInput['routes']>[number]>['plugins']>[number];

/** A client of an echo server behind these plugins. */
async function echo(plugins: PluginInput[]): Promise<{ client: WsClient; another: () => Promise<WsClient> }> {
  const upstream = await startUpstream();
  const { url } = await startHost({ routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins }] });
  const another = () => connect(`${url}/up`);
  return { client: await another(), another };
}

describe('frame-type in a host', () => {
  it('drops what is not JSON, and nobody else notices', async () => {
    const { client } = await echo([{ use: 'frame-type', config: { allowed: 'json', notice: '{reason}' } }]);
    client.send('hello');
    client.send(new Uint8Array([1]));
    client.send('{"content":"hi"}');
    const refused = '{"name":"moderator","content":"expected json content"}';
    expect(await client.take(3)).toEqual([refused, refused, '{"content":"hi"}']);
  });

  it.each([
    ['text', new Uint8Array([1]), 1003, 'expected text content'],
    ['binary', 'x', 1003, 'expected binary content'],
    ['json', 'x', 1003, 'expected json content'],
    ['json', '"\\ud800"', 1007, 'non-UTF-8 data within content'],
  ])('closes with the code and reason of what is wrong: %s expected, %j', async (allowed, payload, code, reason) => {
    const { client } = await echo([{ use: 'frame-type', config: { allowed }, rejectStrategy: 'close' }]);
    client.send(payload);
    expect(await client.closed).toEqual({ code, reason });
  });

  it('never sees a text frame that is not UTF-8: the host ends the connection with 1007 before', async () => {
    const { client } = await echo([{ use: 'frame-type', config: { allowed: 'text', notice: 'seen' } }]);
    client.socket.send(Buffer.from([0x61, 0xff]), { binary: false });
    expect((await client.closed).code).toBe(1007);
    expect(client.unread).toBe(0);
  });
});

describe('json-path in a host', () => {
  const rules = [{ path: '$.message', value: 'NotContainedIn(foo,bar)', error: 'not that' }];

  it('drops the frames that it should in both directions, and keeps the others in order', async () => {
    const both = { rules: [...rules, { path: '$.secret', value: 'NotDefined()', directions: ['response'] }] };
    const { client } = await echo([{ use: 'json-path', config: both }]);
    for (const frame of ['{"message":"one"}', '{"message":"foo"}', '{"message":"two","secret":1}', 'bar', 'three']) client.send(frame);
    const refused = '{"name":"moderator","content":"not that"}';
    expect((await client.take(4)).sort()).toEqual(['three', '{"message":"one"}', refused, refused].sort());
  });

  it('closes with 1008 if the route says so', async () => {
    const { client } = await echo([{ use: 'json-path', config: { rules }, rejectStrategy: 'close' }]);
    client.send('{"message":"bar"}');
    expect(await client.closed).toEqual({ code: 1008, reason: 'failed to validate message' });
  });

  it('keeps the host from starting with an operator that there is not, and says where it stands', async () => {
    const config = { rules: [...rules, { path: '$.message', value: 'Sizes(3)' }] };
    await expect(echo([{ use: 'json-path', config }])).rejects.toThrow(/json-path.*config\.rules\[1\]\.value: there is no operator Sizes/s);
  });
});

describe('rate-limit in a host', () => {
  const LONG = 86_400_000;

  it('lets a burst of a connection pass, drops the rest with a notice, and leaves others alone', async () => {
    const { client, another } = await echo([
      { use: 'rate-limit', config: { buckets: [{ capacity: 3, intervalMs: LONG }], notice: 'slower, please' } },
    ]);
    for (let index = 1; index <= 5; index++) client.send(`${index}`);
    const heard = await client.take(5);
    expect(heard.filter((frame) => String(frame).length === 1)).toEqual(['1', '2', '3']);
    expect(heard.filter((frame) => frame === '{"name":"moderator","content":"slower, please"}')).toHaveLength(2);
    const other = await another();
    other.send('hello');
    expect(await other.next()).toBe('hello');
  });

  it('closes after too many, and keeps the address out', async () => {
    const config = { windows: [{ max: 1, windowMs: LONG, by: 'address' }], closeAfter: 2, banMs: LONG, banBy: 'address', notice: '' };
    const { client, another } = await echo([{ use: 'rate-limit', config }]);
    for (let index = 1; index <= 3; index++) client.send(`${index}`);
    expect(await client.closed).toEqual({ code: 1008, reason: 'rate limit exceeded' });
    expect(await (await another()).closed).toEqual({ code: 1008, reason: 'rate limit exceeded' });
  });
});

describe('json-schema in a host', () => {
  const schema = { type: 'object', required: ['content'], properties: { content: { type: 'string', maxLength: 5 } } };

  it('drops what the schema does not allow and tells the sender', async () => {
    const { client } = await echo([{ use: 'json-schema', config: { schema, notice: 'invalid' } }]);
    for (const frame of ['{"content":"hello"}', '{"content":"too long"}', '{}', 'x', '{"content":""}']) client.send(frame);
    const heard = await client.take(5);
    expect(heard.filter((frame) => frame === '{"name":"moderator","content":"invalid"}')).toHaveLength(3);
    expect(heard.filter((frame) => String(frame).startsWith('{"content"'))).toEqual(['{"content":"hello"}', '{"content":""}']);
  });

  it('keeps the host from starting with a schema that is none', async () => {
    await expect(echo([{ use: 'json-schema', config: { schema: { type: 'strng' } } }])).rejects.toThrow(
      /config\.schema\.type: got "strng"/,
    );
  });
});

describe('jq in a host', () => {
  it('makes other frames of a frame, in both directions and in order', async () => {
    const config = { request: '.items[]? // .', response: 'if .secret then empty else .seen = true end' };
    const { client } = await echo([{ use: 'jq', config }]);
    for (const frame of ['{"items":[{"n":1},{"n":2,"secret":1},{"n":3}]}', '{"n":4}']) client.send(frame);
    expect(await client.take(3)).toEqual(['{"n":1,"seen":true}', '{"n":3,"seen":true}', '{"n":4,"seen":true}']);
  });

  it('keeps the host from starting with a filter that can not be read, and says where', async () => {
    await expect(echo([{ use: 'jq', config: { response: '.a | foo' } }])).rejects.toThrow(
      /config\.response: foo\/0 is not defined \(line 1, column 6\)/,
    );
  });
});

describe('the validators in a host', () => {
  it('leave alone what is none of their business, in both directions', async () => {
    const { client } = await echo([
      { use: 'frame-type', config: { allowed: 'binary' } },
      { use: 'jq', config: { request: '.a' } },
      { use: 'json-path', config: { rules: [{ path: '$.a', value: 'IsDefined()' }], binary: 'pass' } },
      { use: 'json-schema', config: { schema: false, binary: 'pass' } },
    ]);
    client.send(new Uint8Array([0, 255]));
    client.send('refused by the first of them');
    client.send(new Uint8Array());
    expect(await client.take(2)).toEqual([Buffer.from([0, 255]), Buffer.alloc(0)]);
  });
});
