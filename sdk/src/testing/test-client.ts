import type { ConnectionContext, Frame, Plugin, StateMemoryStore } from '@framegate/host';
import { StateTransaction } from '@framegate/host';
import type { Hook, JsonObject } from '@framegate/sdk/abi';
import type { TestClock } from './test-clock.js';
import { type TestServer, withHttp } from './test-http.js';
import { PluginFaultError, TestVerdict } from './test-verdict.js';

/** What the plugin may know of this client. Everything has a plain default. */
export interface ClientOptions {
  readonly id?: string;
  readonly room?: string;
  readonly user?: { readonly id: string; readonly name: string; readonly claims?: JsonObject };
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress?: string;
  readonly subprotocol?: string;
}

interface TestSubject {
  readonly plugin: Plugin;
  readonly store: StateMemoryStore;
  readonly clock: TestClock;
  readonly http: TestServer | undefined;
  readonly handle: number;
}

const EMPTY: Frame = { kind: 'text', payload: new Uint8Array() };
const utf8 = new TextEncoder();

/** A connection of which nothing is special. */
export function testContext(handle: number, connectedAt: number): ConnectionContext {
  return {
    handle,
    version: 1,
    id: `client-${handle}`,
    route: 'test',
    host: 'localhost',
    path: '/chat',
    headers: {},
    remoteAddress: '127.0.0.1',
    subprotocol: '',
    connectedAt,
  };
}

/** One connection of a plugin under test. Each call is one frame: its state writes count if the plugin didn't fault. */
export class TestClient {
  readonly #subject: TestSubject;
  #context: ConnectionContext;

  constructor(subject: TestSubject, options: ClientOptions) {
    this.#subject = subject;
    this.#context = { ...testContext(subject.handle, subject.clock.now), ...options };
  }

  /** A frame from the client: a string is a text frame, bytes are a binary one. Rejects with PluginFaultError if the plugin faults. */
  request(payload: string | Uint8Array): Promise<TestVerdict> {
    return this.#call('on_request_message', toFrame(payload));
  }

  /** A frame from the backend. */
  response(payload: string | Uint8Array): Promise<TestVerdict> {
    return this.#call('on_response_message', toFrame(payload));
  }

  /** Calls `on_connect`, which a host does once, before the first frame. */
  connect(): Promise<TestVerdict> {
    return this.#call('on_connect', EMPTY);
  }

  /** Calls `on_disconnect`. State of scope `connection` stays until the test ends. */
  disconnect(): Promise<TestVerdict> {
    return this.#call('on_disconnect', EMPTY);
  }

  /** Changes what the plugin sees of the connection from the next frame on, as when a room is entered. */
  update(change: ClientOptions): void {
    this.#context = { ...this.#context, ...change, version: this.#context.version + 1 };
  }

  async #call(hook: Hook, frame: Frame): Promise<TestVerdict> {
    const { plugin, store, clock } = this.#subject;
    if (!plugin.hooks.has(hook)) throw new Error(`plugin "${plugin.name}" does not export ${hook}; it has ${[...plugin.hooks].join(', ')}`);
    let state = new StateTransaction(store, clock.now);
    const result = await withHttp(this.#subject.http, clock.now, async (http) => {
      state = new StateTransaction(store, clock.now);
      return plugin.run({ hook, frame, connection: this.#context, now: http.startedAt, state, http });
    });
    if (result.kind === 'fault') throw new PluginFaultError(result);
    store.apply(state.writes(), clock.now);
    return new TestVerdict(result);
  }
}

function toFrame(payload: string | Uint8Array): Frame {
  return typeof payload === 'string' ? { kind: 'text', payload: utf8.encode(payload) } : { kind: 'binary', payload };
}
