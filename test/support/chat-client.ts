import type { Backend, BackendPeer, BackendSession } from '../../host/src/backend/backend.js';
import { createChat } from '../../host/src/chat/chat.js';
import type { ChatOptionsInput } from '../../host/src/chat/chat-options.js';
import type { Frame } from '../../host/src/frame.js';
import type { ConnectionContext } from '../../host/src/pipeline/connection-context.js';
import type { Close } from '../../host/src/verdict.js';

export interface Received {
  readonly type?: string;
  readonly [field: string]: unknown;
}

let handles = 0;

/** A client right at a chat backend, without sockets or plugins: what it is sent is there when the call returns. */
export class ChatClient implements BackendPeer {
  context: ConnectionContext;
  /** Every frame sent so far, as it came. */
  readonly frames: Frame[] = [];
  readonly closes: Close[] = [];
  readonly congested = false;
  /** Called within `send`, as a socket that breaks would call back. */
  onSend: ((frame: Frame) => void) | undefined;
  #session: BackendSession | undefined;
  #read = 0;

  constructor(path: string, user: ConnectionContext['user']) {
    handles += 1;
    this.context = {
      handle: handles,
      version: 0,
      id: `connection-${handles}`,
      route: 'chat',
      host: 'localhost',
      path,
      headers: {},
      remoteAddress: '127.0.0.1',
      subprotocol: '',
      connectedAt: 0,
      ...(user === undefined ? {} : { user }),
    };
  }

  static async connect(backend: Backend, path = '/chat', user?: ConnectionContext['user']): Promise<ChatClient> {
    const client = new ChatClient(path, user);
    const { host, headers, remoteAddress } = client.context;
    const admission = await backend.admit({ path, host, headers, subprotocols: [], remoteAddress });
    if ('refused' in admission) throw new Error(`refused with ${admission.refused.code} ${admission.refused.reason}`);
    client.#session = admission.start(client, () => {});
    return client;
  }

  get id(): string {
    return this.context.id;
  }

  send(frame: Frame): void {
    this.frames.push(frame);
    this.onSend?.(frame);
  }

  close(close: Close): void {
    this.closes.push(close);
  }

  update(change: Parameters<BackendPeer['update']>[0]): void {
    const { room = this.context.room, user = this.context.user, ...rest } = this.context;
    const next = { room, user, ...change };
    this.context = {
      ...rest,
      version: rest.version + 1,
      ...(next.room === undefined ? {} : { room: next.room }),
      ...(next.user === undefined ? {} : { user: next.user }),
    };
  }

  /** Says something as JSON. */
  say(value: unknown): void {
    this.sayText(JSON.stringify(value));
  }

  sayText(text: string): void {
    this.receive({ kind: 'text', payload: new TextEncoder().encode(text) });
  }

  receive(frame: Frame): void {
    if (this.#session === undefined) throw new Error('this client is not connected');
    this.#session.receive(frame);
  }

  disconnect(): void {
    this.#session?.disconnected({ code: 1001, reason: '' });
  }

  /** What came since the last call. */
  heard(): Received[] {
    const news = this.frames.slice(this.#read).map(parse);
    this.#read = this.frames.length;
    return news;
  }
}

function parse(frame: Frame): Received {
  if (frame.kind !== 'text') throw new Error('the chat sent a binary frame');
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.payload)) as Received;
}

/** A chat and clients that stand in `tea` under these names, with what they heard so far put aside. */
export async function teaTime<const Names extends readonly string[]>(names: Names, options?: ChatOptionsInput) {
  const chat = createChat(options);
  const clients: ChatClient[] = [];
  for (const name of names) clients.push(await ChatClient.connect(chat, `/chat?name=${encodeURIComponent(name)}&room=tea`));
  for (const client of clients) client.heard();
  return { chat, clients: clients as { [K in keyof Names]: ChatClient } };
}
