import { once } from 'node:events';
import type { Hook } from '@framegate/sdk/abi';
import { afterEach, describe, expect, it } from 'vitest';
import type { Admission, Backend, BackendPeer, BackendSession } from '../../host/src/backend/backend.js';
import { parseConfig } from '../../host/src/config/config-file.js';
import type { Chain, ChainClient, PluginHealth } from '../../host/src/engine/engine.js';
import type { Frame } from '../../host/src/frame.js';
import { Heartbeat } from '../../host/src/gateway/heartbeat.js';
import { Gateway } from '../../host/src/gateway/server.js';
import type { HostConfigInput } from '../../host/src/index.js';
import type { Outcome } from '../../host/src/pipeline/outcome.js';
import type { Close } from '../../host/src/verdict.js';
import { connect, LogRecorder, refusal, stopAfterEach } from '../support/hosts.js';
import { AT_ONCE } from '../support/party.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let gateway: Gateway | undefined;
afterEach(async () => {
  gateway?.cutOff();
  await gateway?.drain(AT_ONCE);
  gateway = undefined;
});

const text = (payload: string): Frame => ({ kind: 'text', payload: Buffer.from(payload) });
const string = (frame: Frame): string => Buffer.from(frame.payload).toString();

/** A backend that a test looks into: what it heard, and when it takes no more. */
class OpenBackend implements Backend, BackendSession {
  readonly heard: string[] = [];
  congested = false;
  peer: BackendPeer | undefined;
  onDrain = (): void => {};
  abandoned = 0;
  ended: Close | undefined;
  /** Called with each frame, after it was written down. */
  onFrame: (frame: Frame) => void = () => {};
  answer: () => Promise<Admission | { readonly refused: Close }> = async () => this.admission;

  get admission(): Admission {
    return {
      start: (peer, onDrain) => {
        this.peer = peer;
        this.onDrain = onDrain;
        return this;
      },
      abandon: () => {
        this.abandoned++;
      },
    };
  }

  admit(): Promise<Admission | { readonly refused: Close }> {
    return this.answer();
  }

  receive(frame: Frame): void {
    if (this.congested) throw new Error('a frame came although the backend is congested');
    this.heard.push(string(frame));
    this.onFrame(frame);
  }

  disconnected(close: Close): void {
    if (this.ended !== undefined) throw new Error('disconnected twice');
    this.ended = close;
  }

  async close(): Promise<void> {}
}

/** A chain whose frames settle when the test says so. */
class HeldChain implements Chain {
  hooks: Set<Hook>;
  readonly held: { readonly client: ChainClient; readonly hook: Hook; readonly frame: Frame }[] = [];
  readonly detached: ChainClient[] = [];
  readonly responsePerMessage = false;
  readonly migrations = [];
  inFlightBytes = 0;
  observer: Chain['observer'];
  readonly canary = undefined;
  onSubmit: () => void = () => {};

  constructor(...hooks: Hook[]) {
    this.hooks = new Set(hooks);
  }

  wants(hook: Hook): boolean {
    return this.hooks.has(hook);
  }

  submit(client: ChainClient, hook: Hook, frame: Frame): void {
    this.held.push({ client, hook, frame });
    this.onSubmit();
  }

  /** Settles the oldest frame. */
  release(change: Partial<Outcome> = {}): Hook | undefined {
    const next = this.held.shift();
    next?.client.settled(next.hook, next.frame, { forward: [next.frame], reply: [], notes: [], ...change });
    return next?.hook;
  }

  /** Resolves when that many frames are held. */
  async has(count: number): Promise<void> {
    while (this.held.length < count) await new Promise<void>((resolve) => (this.onSubmit = resolve));
  }

  health(): readonly PluginHealth[] {
    return [];
  }

  async setCanary(): Promise<void> {}

  quarantine(): void {}

  pardon(): boolean {
    return false;
  }

  async swap(): Promise<void> {
    throw new Error('nothing is swapped here');
  }

  detach(client: ChainClient): void {
    this.detached.push(client);
  }

  async close(): Promise<void> {}
}

async function start(backend: Backend, chain?: Chain, input: HostConfigInput = {}): Promise<string> {
  const { server, connection, engine } = parseConfig(input);
  const routes = [{ name: 'test', path: '/', backend, chain }];
  const parts = { server: { ...server, port: 0 }, connection, maxInFlightBytes: engine.maxInFlightBytes, routes, page: () => undefined };
  gateway = new Gateway({ ...parts, heartbeat: new Heartbeat(0), logger: new LogRecorder() });
  return `ws://127.0.0.1:${(await gateway.listen()).port}/`;
}

/** Resolves when the server has answered a ping: it has read everything before it. */
async function processed(client: WsClient): Promise<void> {
  client.socket.ping();
  await once(client.socket, 'pong');
}

describe('admission', () => {
  it('closes with the code of the backend that refuses', async () => {
    const backend = new OpenBackend();
    backend.answer = async () => ({ refused: { code: 4003, reason: 'not you' } });
    expect(await refusal(await start(backend))).toEqual({ code: 4003, reason: 'not you' });
  });

  it('closes with 1013 when the backend does not decide in time, and abandons what it decides later', async () => {
    const backend = new OpenBackend();
    let decide: (admission: Admission) => void = () => {};
    backend.answer = () => new Promise((resolve) => (decide = resolve));
    expect(await refusal(await start(backend, undefined, { server: { handshakeTimeoutMs: 30 } }))).toEqual({
      code: 1013,
      reason: 'try again later',
    });
    decide(backend.admission);
    await new Promise((resolve) => setImmediate(resolve));
    expect([backend.abandoned, backend.peer]).toEqual([1, undefined]);
  });

  it('abandons the admission of a handshake that fails after it', async () => {
    const backend = new OpenBackend();
    expect(await refusal(await start(backend), { headers: { 'sec-websocket-protocol': ',' } })).toMatchObject({ status: 400 });
    expect(backend.abandoned).toBe(1);
  });
});

describe('on_connect', () => {
  it('holds everything back until it has settled', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_connect');
    const client = await connect(await start(backend, chain));
    client.send('early');
    await chain.has(1);
    expect(backend.peer).toBeUndefined();
    const heard = new Promise((resolve) => (backend.onFrame = resolve));
    chain.release({ forward: [], reply: [text('welcome')] });
    expect(await client.next()).toBe('welcome');
    await heard;
    expect(backend.heard).toEqual(['early']);
  });

  it('gives its frames to the backend before those of the client', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_connect');
    const client = await connect(await start(backend, chain));
    client.send('mine');
    await chain.has(1);
    chain.release({ forward: [text('login')] });
    await processed(client);
    expect(backend.heard).toEqual(['login', 'mine']);
  });

  it.each<[string, Partial<Outcome>, Close]>([
    ['with its code when it closes', { close: { code: 4001, reason: 'no' } }, { code: 4001, reason: 'no' }],
    [
      'with 1011 when it failed and the plugin is closed on faults',
      { failed: { plugin: 'door', fault: 'PLUGIN_TRAP' } },
      { code: 1011, reason: 'plugin door failed' },
    ],
  ])('refuses the client %s', async (_name, outcome, close) => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_connect');
    const client = await connect(await start(backend, chain));
    await chain.has(1);
    chain.release({ forward: [], ...outcome });
    expect(await client.closed).toEqual(close);
    expect([backend.abandoned, backend.peer]).toEqual([1, undefined]);
  });
});

describe('order', () => {
  it('lets no frame overtake one that is still in the hooks, even when the hook has gone', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_request_message');
    const client = await connect(await start(backend, chain));
    client.send('one');
    await chain.has(1);
    chain.hooks = new Set();
    client.send('two');
    await processed(client);
    expect(backend.heard).toEqual([]);
    chain.release();
    chain.release();
    client.send('three');
    await processed(client);
    expect(backend.heard).toEqual(['one', 'two', 'three']);
  });

  it('keeps it when the backend is congested in between', async () => {
    const backend = new OpenBackend();
    backend.onFrame = () => {
      backend.congested = true;
    };
    const client = await connect(await start(backend));
    const expected = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const message of expected) client.send(message);
    while (backend.heard.length < expected.length) {
      await new Promise((resolve) => setImmediate(resolve));
      backend.congested = false;
      backend.onDrain();
    }
    expect(backend.heard).toEqual(expected);
  });
});

describe('frames that wait for a congested backend', () => {
  it('go before one that comes when it is free again but has not said so yet', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_request_message');
    const client = await connect(await start(backend, chain));
    for (const message of ['one', 'two', 'three']) client.send(message);
    await chain.has(3);
    chain.release();
    backend.congested = true;
    chain.release();
    backend.congested = false;
    chain.release();
    expect(backend.heard).toEqual(['one']);
    backend.onDrain();
    expect(backend.heard).toEqual(['one', 'two', 'three']);
  });
});

describe('back-pressure', () => {
  it('reads no more from a client with maxPendingBytes in the hooks, and goes on when they have settled', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_request_message');
    const client = await connect(await start(backend, chain, { connection: { maxPendingBytes: 10_000 } }));
    for (let index = 0; index < 30; index++) client.send(Buffer.alloc(1_000_000, 1));
    await chain.has(1);
    let settled = 0;
    while (settled < 30) {
      await chain.has(1);
      expect(chain.held.length).toBe(1);
      chain.release();
      settled++;
    }
    expect(backend.heard.length).toBe(30);
  });

  it('reads no more from those who add to hooks that are full altogether', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_request_message');
    const client = await connect(await start(backend, chain, { engine: { maxInFlightBytes: 5_000 } }));
    chain.inFlightBytes = 6_000;
    for (let index = 0; index < 20; index++) client.send(Buffer.alloc(200_000, 1));
    for (let settled = 0; settled < 20; settled++) {
      await chain.has(1);
      expect(chain.held.length).toBe(1);
      chain.release();
    }
    expect(backend.heard.length).toBe(20);
  });

  it('closes with 1013 when the response hooks of a client hold more than maxQueuedBytes', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_response_message');
    const client = await connect(await start(backend, chain, { connection: { maxQueuedBytes: 10_000 } }));
    await processed(client);
    for (let index = 0; index < 5; index++) backend.peer?.send(text('x'.repeat(3_000)));
    expect(await client.closed).toEqual({ code: 1013, reason: 'try again later' });
    expect(chain.held.length).toBe(3);
    while (chain.release() !== undefined);
  });

  it('says that a client is congested at half of the bound and calls back when it has drained', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_response_message');
    const client = await connect(await start(backend, chain, { connection: { maxQueuedBytes: 10_000 } }));
    await processed(client);
    const drained = new Promise<void>((resolve) => Object.assign(backend, { clientDrained: resolve }));
    backend.peer?.send(text('x'.repeat(6_000)));
    expect(backend.peer?.congested).toBe(true);
    chain.release({ forward: [] });
    await drained;
    expect(backend.peer?.congested).toBe(false);
  });
});

describe('the end', () => {
  it('comes even when the hooks never settle: a stop waits closeTimeoutMs for them', async () => {
    const chain = new HeldChain('on_connect');
    const client = await connect(await start(new OpenBackend(), chain, { connection: { closeTimeoutMs: 30 } }));
    await chain.has(1);
    await gateway?.drain(AT_ONCE);
    expect((await client.closed).code).toBe(1001);
  });

  it('is told to the backend after the last frame has settled, then to on_disconnect, then to nobody', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_request_message', 'on_disconnect');
    const client = await connect(await start(backend, chain));
    client.send('last');
    await chain.has(1);
    await client.close(4005, 'bye');
    await new Promise((resolve) => setImmediate(resolve));
    expect([backend.ended, chain.detached.length]).toEqual([undefined, 0]);
    expect(chain.release()).toBe('on_request_message');
    expect([backend.heard, backend.ended]).toEqual([['last'], { code: 4005, reason: 'bye' }]);
    await chain.has(1);
    expect(chain.detached.length).toBe(0);
    expect(chain.release()).toBe('on_disconnect');
    expect(chain.detached.length).toBe(1);
  });

  it('sends what is in the response hooks before the close of the backend', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_response_message');
    const client = await connect(await start(backend, chain));
    await processed(client);
    backend.peer?.send(text('last words'));
    backend.peer?.close({ code: 4002, reason: 'out' });
    backend.peer?.send(text('too late'));
    chain.release();
    expect(await client.closed).toEqual({ code: 4002, reason: 'out' });
    expect(await client.next()).toBe('last words');
    expect(client.unread).toBe(0);
  });

  it('keeps frames behind the close of a plugin from the backend', async () => {
    const backend = new OpenBackend();
    const chain = new HeldChain('on_request_message');
    const client = await connect(await start(backend, chain));
    for (const message of ['one', 'two', 'three']) client.send(message);
    await chain.has(3);
    chain.release();
    chain.release({ forward: [], close: { code: 4009, reason: 'enough' } });
    chain.release();
    expect((await client.closed).code).toBe(4009);
    expect([backend.heard, backend.ended]).toEqual([['one'], { code: 4009, reason: 'enough' }]);
  });

  it('does not wait longer than closeTimeoutMs for a backend that takes no frames', async () => {
    const backend = new OpenBackend();
    backend.onFrame = () => {
      backend.congested = true;
    };
    const client = await connect(await start(backend, undefined, { connection: { closeTimeoutMs: 30 } }));
    client.send('one');
    client.send('two');
    await processed(client).catch(() => {});
    const ended = new Promise<Close>((resolve) => {
      backend.disconnected = resolve;
    });
    client.socket.terminate();
    backend.peer?.close({ code: 4000, reason: '' });
    expect(await ended).toMatchObject({ code: expect.any(Number) });
    expect(backend.heard).toEqual(['one']);
  });

  it('may come from the backend while it is being started', async () => {
    const backend = new OpenBackend();
    const { start: begin, abandon } = backend.admission;
    backend.answer = async () => ({
      abandon,
      start: (peer, onDrain) => {
        const session = begin(peer, onDrain);
        peer.send(text('no room'));
        peer.close({ code: 4004, reason: 'full' });
        return session;
      },
    });
    const client = await connect(await start(backend));
    expect(await client.closed).toEqual({ code: 4004, reason: 'full' });
    expect([await client.next(), backend.ended, backend.abandoned]).toEqual(['no room', { code: 4004, reason: 'full' }, 0]);
  });
});
