import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';

type Options = NonNullable<Parameters<typeof loadPlugin>[1]>;
type Config = NonNullable<Options['config']>;

let plugin: TestPlugin;

async function load(config: Config, options: Options = {}): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config, ...options });
}

const message = (id: number) => JSON.stringify({ type: 'message', id: `m-${id}`, content: 'hi' });
const EXCEEDED = { code: 1008, reason: 'rate limit exceeded' };

/** How many of `count` frames pass, one after another at the same moment. */
async function passing(count: number, client: Pick<TestPlugin, 'request'> = plugin): Promise<number> {
  let passed = 0;
  for (let index = 0; index < count; index++) if ((await client.request('x')).passed) passed++;
  return passed;
}

describe('rate-limit', () => {
  afterEach(() => plugin.dispose());

  it("expresses GarinChat's rule: one message a second, auth and join not counted, and the connection ends", async () => {
    await load({ windows: [{ max: 1, windowMs: 1000 }], exemptTypes: ['auth', 'join'], action: 'close', notice: '' });
    for (const type of ['auth', 'join']) expect((await plugin.request(JSON.stringify({ type }))).passed).toBe(true);
    expect((await plugin.request(message(1))).passed).toBe(true);
    expect((await plugin.request('{"type":"join","room":"tea"}')).passed).toBe(true);
    plugin.clock.advance(1000);
    expect((await plugin.request(message(2))).passed).toBe(true);
    plugin.clock.advance(999);
    expect(await plugin.request(message(3))).toMatchObject({ close: EXCEEDED, dropped: true, replies: [] });
  });

  it("expresses ChatRoom's rules: 20 in any minute of a user, and 4 tokens, one more in 5 s, of a connection", async () => {
    await load({ windows: [{ max: 20, windowMs: 60_000, by: 'user' }], buckets: [{ capacity: 4, intervalMs: 5000 }] });
    const user = { id: 'ann', name: 'Ann' };
    const first = plugin.client({ user });
    const second = plugin.client({ user });
    expect(await passing(6, first)).toBe(4);
    plugin.clock.advance(4999);
    expect(await passing(1, first)).toBe(0);
    plugin.clock.advance(1);
    expect(await passing(2, first)).toBe(1);
    // 5 so far, by one connection; the other has a bucket of its own.
    expect(await passing(6, second)).toBe(4);
    plugin.clock.advance(20_000);
    expect([await passing(5, first), await passing(5, second)]).toEqual([4, 4]);
    plugin.clock.advance(20_000);
    // 17 within the minute: three are left, whichever connection they come from.
    expect([await passing(4, first), await passing(4, second)]).toEqual([3, 0]);
    expect((await second.request('x')).replies).toEqual(['{"name":"moderator","content":"too many messages: wait 15 s"}']);
    plugin.clock.advance(14_999);
    expect(await passing(1, second)).toBe(0);
    plugin.clock.advance(1);
    // The first four are a minute old.
    expect([await passing(5, first), await passing(5, second)]).toEqual([4, 0]);
  });

  it('counts a frame against all limits or none', async () => {
    await load({
      windows: [
        { max: 2, windowMs: 1000 },
        { max: 3, windowMs: 10_000 },
      ],
    });
    expect(await passing(9)).toBe(2);
    plugin.clock.advance(1000);
    expect(await passing(9)).toBe(1);
    plugin.clock.advance(1000);
    expect(await passing(9)).toBe(0);
    plugin.clock.advance(8000);
    expect(await passing(9)).toBe(2);
  });

  it.each([
    ['connection', [2, 2, 2, 2]],
    ['user', [2, 0, 2, 2]],
    ['room', [2, 2, 0, 0]],
    ['address', [2, 0, 0, 2]],
    ['everybody', [2, 0, 0, 0]],
  ])('keeps one limit for each %s', async (by, expected) => {
    await load({ windows: [{ max: 2, windowMs: 1000, by }] });
    const ann = { id: 'ann', name: 'Ann' };
    const clients = [
      plugin.client({ user: ann, room: 'tea', remoteAddress: '10.0.0.1' }),
      plugin.client({ user: ann, room: 'milk', remoteAddress: '10.0.0.1' }),
      plugin.client({ user: { id: 'bob', name: 'Bob' }, room: 'tea', remoteAddress: '10.0.0.1' }),
      plugin.client({ user: { id: 'eve', name: 'Eve' }, room: 'tea', remoteAddress: '::1' }),
    ];
    const passed: number[] = [];
    for (const client of clients) passed.push(await passing(3, client));
    expect(passed).toEqual(expected);
  });

  it('drops with a notice that has the message id, or rejects', async () => {
    await load({ buckets: [{ capacity: 1, intervalMs: 1500 }], notice: 'in {ms} ms' });
    await plugin.request(message(1));
    const verdict = await plugin.request(message(2));
    expect(verdict).toMatchObject({ dropped: true, close: undefined, reject: undefined, reason: 'above a limit for 1500 ms' });
    expect(verdict.replies).toEqual(['{"name":"moderator","content":"in 1500 ms","id":"m-2"}']);
    await plugin.dispose();
    await load({ buckets: [{ capacity: 1, intervalMs: 1500 }], action: 'reject', closeCode: 4029, closeReason: 'slow down' });
    await plugin.request(message(1));
    expect(await plugin.request(new Uint8Array())).toMatchObject({ reject: { code: 4029, reason: 'slow down' } });
  });

  it('closes after so many violations, and forgives those of long ago', async () => {
    await load({ windows: [{ max: 1, windowMs: 1000 }], closeAfter: 3, violationMs: 5000 });
    const kinds = [];
    for (const pause of [0, 0, 0, 6000, 0, 0, 0]) {
      plugin.clock.advance(pause);
      const { passed, close } = await plugin.request('x');
      kinds.push(passed ? 'passed' : close ? 'closed' : 'dropped');
    }
    expect(kinds).toEqual(['passed', 'dropped', 'dropped', 'passed', 'dropped', 'dropped', 'closed']);
  });

  it('keeps out for a while whoever was closed for that, with all connections', async () => {
    await load({ windows: [{ max: 1, windowMs: 1000 }], closeAfter: 1, banMs: 30_000, banBy: 'address' });
    const from = (remoteAddress: string) => plugin.client({ remoteAddress });
    const [bad, twin, other] = [from('10.0.0.1'), from('10.0.0.1'), from('10.0.0.2')];
    expect((await bad.connect()).close).toBeUndefined();
    expect(await passing(1, bad)).toBe(1);
    expect((await bad.request('x')).close).toEqual(EXCEEDED);
    expect((await twin.request('x')).close).toEqual(EXCEEDED);
    expect(await from('10.0.0.1').connect()).toMatchObject({ close: EXCEEDED, reason: 'banned' });
    expect((await other.connect()).close).toBeUndefined();
    expect(await passing(1, other)).toBe(1);
    plugin.clock.advance(30_000);
    expect((await from('10.0.0.1').connect()).close).toBeUndefined();
    expect(await passing(1, twin)).toBe(1);
  });

  it('keeps out whoever an action of close has closed, too', async () => {
    await load({ windows: [{ max: 1, windowMs: 1000 }], action: 'close', banMs: 5000 });
    const user = { id: 'ann', name: 'Ann' };
    expect(await passing(2, plugin.client({ user }))).toBe(1);
    expect((await plugin.client({ user }).connect()).close).toEqual(EXCEEDED);
    expect((await plugin.client({ user: { id: 'bob', name: 'Bob' } }).connect()).close).toBeUndefined();
  });

  it('counts frames that only look exempt', async () => {
    await load({ windows: [{ max: 1, windowMs: 1000 }], exemptTypes: ['join'] });
    const frames = [
      '{"type":"join","type":"message"}',
      '{"type":"message","type":"join"}',
      '{"type":["join"]}',
      '[{"type":"join"}]',
      '"join"',
      'null',
      '{"type":"join"',
      '{"type":"toString"}',
      '',
      new Uint8Array([0]),
      new TextEncoder().encode('{"type":"join"}'),
      JSON.stringify({ type: 'join', content: 'x'.repeat(70_000) }),
      `{"type":"join","x":${'['.repeat(50_000)}`,
    ];
    for (const frame of frames) {
      expect(await passing(1)).toBe(1);
      expect((await plugin.request(frame)).dropped, String(frame).slice(0, 40)).toBe(true);
      plugin.clock.advance(1000);
    }
  });

  it('forgets what it no longer needs', async () => {
    await load({
      windows: [{ max: 5, windowMs: 1000, by: 'address' }],
      buckets: [{ capacity: 2, intervalMs: 700, by: 'room' }],
      closeAfter: 9,
    });
    await passing(4);
    expect(
      plugin.state
        .keys()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['address:127.0.0.1:window:5/1000', 'bucket:2+1/700', 'violations']);
    plugin.clock.advance(60_000);
    expect(plugin.state.keys()).toEqual([]);
  });

  it('lets frames pass, and says so once, when its memory is full', async () => {
    await load({ windows: [{ max: 1, windowMs: 60_000, by: 'address' }] }, { limits: { stateBytes: 600 } });
    for (let index = 0; index < 40; index++) {
      const client = plugin.client({ remoteAddress: `10.0.0.${index}` });
      expect(await passing(1, client)).toBe(1);
    }
    expect(plugin.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(await passing(1, plugin.client({ remoteAddress: '10.0.0.0' }))).toBe(0);
  });
});

describe('a configuration that makes no sense', () => {
  it.each([
    [{}, /config has no limit: give `windows` or `buckets` at least one/],
    [{ windows: [{ max: 0, windowMs: 1 }] }, /config\.windows\[0\]\.max: got 0/],
    [{ windows: [{ max: 1 }] }, /config\.windows\[0\]\.windowMs: got nothing; it is required/],
    [{ buckets: [{ capacity: 1, intervalMs: 1, by: 'planet' }] }, /config\.buckets\[0\]\.by: got "planet"; it must be one of "connection"/],
    [{ windows: [{ max: 1, windowMs: 1 }], closeCode: 1000 }, /config\.closeCode is 1000; it is 1008, 1013 or one of 3000 to 4999/],
    [
      {
        windows: [
          { max: 1, windowMs: 5 },
          { max: 1, windowMs: 5 },
        ],
      },
      /config has the limit window:1\/5 by connection twice/,
    ],
  ])('is refused at load: %j', async (config, problem) => {
    await expect(load(config)).rejects.toThrow(problem);
  });
});
