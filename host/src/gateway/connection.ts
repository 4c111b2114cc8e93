import type { Duplex } from 'node:stream';
import type { Hook, MessageHook } from '@framegate/sdk/abi';
import type { RawData, WebSocket } from 'ws';
import type { Admission, BackendPeer, BackendSession } from '../backend/backend.js';
import { Broadcast } from '../backend/broadcast.js';
import { CLOSE } from '../close-codes.js';
import type { Chain, ChainClient } from '../engine/engine.js';
import type { Direction, Frame } from '../frame.js';
import { ConnectionMeter } from '../metrics/connection-meter.js';
import { type ConnectionContext, changedContext } from '../pipeline/connection-context.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { Close } from '../verdict.js';
import { Closing } from './closing.js';
import type { ConnectionHome, ConnectionParts } from './connection-home.js';
import type { ConnectionTrace } from './connection-trace.js';
import type { ConnectionView } from './connection-view.js';
import type { Pulse } from './heartbeat.js';
import { IdleTimer } from './idle-timer.js';
import { Outbox } from './outbox.js';
import { protocolClose, receivedClose } from './received-close.js';
import { RequestLane } from './request-lane.js';
import { type LaneClient, ResponseLane } from './response-lane.js';

/** connecting: `on_connect` runs, nothing is read. open: frames flow. closed: nothing but `on_disconnect` is left. It only ever moves to the right. */
type State =
  | { readonly kind: 'connecting'; readonly admission: Admission }
  | { readonly kind: 'open'; readonly session: BackendSession }
  | { readonly kind: 'closing'; readonly closing: Closing }
  | { readonly kind: 'closed' };

/** The host's own frames in the response hooks. */
const NOTICES = new WeakSet<Frame>();

const NOTHING: Frame = { kind: 'text', payload: new Uint8Array(0) };

/**
 * One client: its socket, its route's hooks and its backend. Order in each direction is kept, every queue is bounded, and whatever
 * ends it ends both sides with one code: first what is in flight settles, then the close is sent, then `on_disconnect` runs.
 */
export class Connection implements ChainClient, BackendPeer, LaneClient, ConnectionView, Pulse {
  readonly socket: WebSocket;
  readonly raw: Duplex;
  readonly meter: ConnectionMeter;
  readonly #home: ConnectionHome;
  readonly #requests: RequestLane;
  readonly #responses: ResponseLane;
  readonly #idle: IdleTimer | undefined;
  readonly #trace: ConnectionTrace | undefined;
  /** Frames that came in although the socket is paused: what was left of a socket that closed. */
  #early: Frame[] | undefined;
  /** Calls of the message hooks that have settled. */
  #requestsSettled = 0;
  #responsesSettled = 0;
  #context: ConnectionContext;
  #state: State;
  #started = false;
  #releasing = false;

  constructor(home: ConnectionHome, { socket, raw, context, admission, trace }: ConnectionParts) {
    const { options } = home;
    this.socket = socket;
    this.raw = raw;
    this.meter = new ConnectionMeter(home.meter);
    this.#home = home;
    this.#trace = trace;
    this.#context = context;
    this.#state = { kind: 'connecting', admission };
    this.#requests = new RequestLane(socket, options.maxPendingBytes, this);
    this.#responses = new ResponseLane(this, new Outbox(socket, raw, 'server'), options.maxQueuedBytes);
    if (options.idleTimeoutMs > 0) this.#idle = new IdleTimer(options.idleTimeoutMs, () => this.#end(CLOSE.IDLE, { deliver: true }));
    home.heartbeat.watch(this);
    socket.pause();
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', (code, reason) => this.#socketClosed(code, reason));
    if (home.chain?.hooks.has('on_connect')) this.#submit('on_connect', NOTHING);
    else {
      home.chain?.observer?.passed(this, 'on_connect', NOTHING);
      this.#start([]);
    }
  }

  get context(): ConnectionContext {
    return this.#context;
  }

  get state(): State['kind'] {
    return this.#state.kind;
  }

  get pendingBytes(): number {
    return this.#requests.pendingBytes;
  }

  get queuedBytes(): number {
    return this.#responses.queuedBytes;
  }

  get congested(): boolean {
    return this.#responses.congested;
  }

  /** The hooks have more than enough to do with all connections together. */
  get overloaded(): boolean {
    return (this.#home.chain?.inFlightBytes ?? 0) > this.#home.maxInFlightBytes;
  }

  send(frame: Frame): void {
    if (!this.#sending) return;
    this.#idle?.touch();
    this.meter.response(frame);
    if (!this.#responses.accepts(frame)) {
      this.#tooSlow();
      return;
    }
    if (!this.#hooked('on_response_message', frame, this.#responses.inHooks)) {
      this.#home.chain?.observer?.passed(this, 'on_response_message', frame);
      this.#write(frame);
    } else if (frame instanceof Broadcast && this.#home.chain?.responsePerMessage) this.#share(frame, this.#home.chain);
    else this.#submit('on_response_message', frame);
  }

  close(close: Close): void {
    this.#end(close, { deliver: false });
  }

  update(change: Parameters<BackendPeer['update']>[0]): void {
    this.#context = changedContext(this.#context, change);
  }

  /** Says when to come back, and closes with 1001 once everything that has come in has been through the hooks and its answers were sent. */
  drain(retryAfterMs: number): void {
    const farewell = this.#state.kind === 'open' ? this.#home.backend.farewell?.(retryAfterMs) : undefined;
    if (farewell !== undefined) this.#tell(farewell);
    this.#end(CLOSE.GOING_AWAY, { deliver: true });
  }

  /** Sends 1001 and cuts the socket. The backend and `on_disconnect` are still told. */
  terminate(): void {
    this.#end(CLOSE.GOING_AWAY, { deliver: false, flush: false });
    if (this.#state.kind === 'closing') this.#state.closing.giveUp();
  }

  settled(hook: Hook, frame: Frame, outcome: Outcome): void {
    const number = hook === 'on_request_message' ? ++this.#requestsSettled : hook === 'on_response_message' ? ++this.#responsesSettled : 1;
    this.#trace?.settled(frame, number, outcome);
    if (outcome.notes.length > 0) this.#home.noted(this.#context, hook, number, outcome.notes);
    if (hook === 'on_response_message') {
      const asItIs = outcome.failed !== undefined && NOTICES.has(frame);
      this.#responses.settled(asItIs ? { ...outcome, forward: [frame] } : outcome);
      this.release();
      return;
    }
    this.#requests.settled(frame);
    if (hook === 'on_disconnect') this.#finish();
    else if (hook === 'on_connect') this.#connected(outcome);
    else this.#apply(outcome, 'request');
    this.#responses.sink();
    this.#advance();
  }

  settledCount(hook: Hook): number {
    return hook === 'on_request_message' ? this.#requestsSettled : hook === 'on_response_message' ? this.#responsesSettled : 0;
  }

  /** What the response hooks made of the oldest frames takes effect, up to the first that they still have. */
  release(): void {
    // What takes effect may make the backend send again: that waits for its turn.
    if (this.#releasing) return;
    this.#releasing = true;
    try {
      for (let outcome = this.#responses.take(); outcome !== undefined; outcome = this.#responses.take()) {
        this.#apply(outcome, 'response');
      }
    } finally {
      this.#releasing = false;
    }
    this.#responses.sink();
    this.#advance();
  }

  #connected(outcome: Outcome): void {
    for (const frame of outcome.reply) this.#reply(frame);
    if (outcome.close !== undefined) this.#end(outcome.close, { deliver: false });
    else if (outcome.failed !== undefined)
      this.#end({ ...CLOSE.INTERNAL, reason: `plugin ${outcome.failed.plugin} failed` }, { deliver: false });
    else this.#start(outcome.forward.filter((frame) => frame.payload.length > 0));
  }

  #start(greetings: readonly Frame[]): void {
    if (this.#state.kind !== 'connecting') return;
    this.#started = true;
    const session = this.#state.admission.start(this, () => this.#backendDrained());
    if (this.#closing !== undefined) {
      this.#closing.adopt(session);
      return;
    }
    this.#state = { kind: 'open', session };
    this.#requests.open(session);
    for (const frame of greetings) this.#deliver(frame);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const frame of early) this.#request(frame);
    if (!session.congested) this.socket.resume();
  }

  #apply(outcome: Outcome, direction: Direction): void {
    const request = direction === 'request';
    for (const frame of outcome.forward) request ? this.#deliver(frame) : this.#reply(frame);
    for (const frame of outcome.reply) request ? this.#reply(frame) : this.#deliver(frame);
    if (outcome.failed !== undefined && request) {
      const notice = this.#home.backend.notice?.(outcome.failed.fault, `plugin ${outcome.failed.plugin} failed; the message was dropped`);
      if (notice !== undefined) this.#tell(notice);
    }
    if (outcome.close !== undefined) this.#end(outcome.close, { deliver: false });
  }

  #deliver(frame: Frame): void {
    if (this.#closing?.delivering === false) return;
    this.meter.delivered();
    this.#requests.deliver(frame);
  }

  /** Straight to the client: a plugin's own answer, or a frame that has been through the response hooks. */
  #reply(frame: Frame): void {
    if (this.#closing?.flushing === false) return;
    if (this.#responses.accepts(frame)) this.#write(frame);
    else this.#tooSlow();
  }

  /** The host's own word to the client: through the response hooks, which may speak the client's protocol, and as it is where they fail on it. */
  #tell(notice: Frame): void {
    if (this.#closing?.flushing === false) return;
    if (!this.#hooked('on_response_message', notice, this.#responses.inHooks)) this.#reply(notice);
    else if (this.#responses.accepts(notice)) {
      NOTICES.add(notice);
      this.#submit('on_response_message', notice);
    } else this.#tooSlow();
  }

  #write(frame: Frame): void {
    this.meter.written();
    this.#responses.write(frame);
  }

  #tooSlow(): void {
    const close = this.#responses.hooksAreSlow ? CLOSE.OVERLOADED : CLOSE.SLOW_CLIENT;
    const message = close === CLOSE.SLOW_CLIENT ? 'client reads too slowly' : 'response hooks are too slow';
    this.#home.logger.warn(this.#who, message);
    this.#end(close, { deliver: true, flush: false });
  }

  #received(data: RawData, isBinary: boolean): void {
    const frame: Frame = { kind: isBinary ? 'binary' : 'text', payload: data as Buffer };
    if (this.#state.kind === 'open') this.#request(frame);
    else if (this.#state.kind === 'connecting') {
      this.#early ??= [];
      this.#early.push(frame);
    }
  }

  #request(frame: Frame): void {
    this.#idle?.touch();
    this.meter.request(frame);
    if (this.#hooked('on_request_message', frame, this.#requests.inHooks)) this.#submit('on_request_message', frame);
    else {
      this.#home.chain?.observer?.passed(this, 'on_request_message', frame);
      this.#deliver(frame);
    }
  }

  /** A frame that no plugin wants skips the engine, unless one before it is still in there: it must not overtake that. */
  #hooked(hook: MessageHook, frame: Frame, inHooks: number): boolean {
    return this.#home.chain !== undefined && (inHooks > 0 || this.#home.chain.wants(hook, frame));
  }

  #submit(hook: Hook, frame: Frame): void {
    if (hook === 'on_response_message') this.#responses.entered(frame);
    else this.#requests.entered(frame);
    this.#home.chain?.submit(this, hook, frame, this.#trace?.submitted(hook, frame));
  }

  /** The first recipient's call runs the hooks for all; it may have settled already, but frames before this one not. */
  #share(frame: Broadcast, chain: Chain): void {
    const response = frame.response(chain, this.#context.room);
    const first = response.join(this);
    this.#responses.joined(response);
    if (first) chain.submit(this, 'on_response_message', frame, this.#trace?.submitted('on_response_message', frame));
    else if (response.settled) this.release();
  }

  /** For every line in the log that is about it. */
  get #who(): { readonly connection: string; readonly route: string } {
    const { id: connection, route } = this.#context;
    return { connection, route };
  }

  get #sending(): boolean {
    const closing = this.#closing;
    if (closing !== undefined) return closing.delivering && closing.flushing;
    return this.#state.kind !== 'closed';
  }

  #backendDrained(): void {
    this.#requests.drained();
    this.#advance();
  }

  drained(): void {
    if (this.#state.kind === 'open') this.#state.session.clientDrained?.();
  }

  /** The client did not answer a ping and is about to be cut off. */
  unanswered(): void {
    this.#home.logger.info(this.#who, 'client did not answer a ping');
  }

  #failed(error: Error): void {
    const close = protocolClose(error);
    this.#home.logger.info({ ...this.#who, code: close.code, why: error.message }, 'client broke the protocol');
    this.#end(close, { deliver: true, flush: false });
  }

  #socketClosed(code: number, reason: Buffer): void {
    this.#home.heartbeat.forget(this);
    const close = receivedClose(code, reason, { code: 1001, reason: 'client went away' });
    this.#end(close, { deliver: true, counts: code === 1005 ? close.code : code });
    this.#closing?.socketGone();
  }

  get #closing(): Closing | undefined {
    return this.#state.kind === 'closing' ? this.#state.closing : undefined;
  }

  #advance(): void {
    this.#closing?.advance();
  }

  /** `counts`: the code for metrics, spans and the log, where that is another one than may be sent: 1006 if there was no close frame. */
  #end(close: Close, { deliver, flush = true, counts = close.code }: { deliver: boolean; flush?: boolean; counts?: number }): void {
    if (this.#state.kind === 'closing' || this.#state.kind === 'closed') return;
    const session = this.#state.kind === 'open' ? this.#state.session : undefined;
    const { options, logger } = this.#home;
    if (!this.#started && this.#state.kind === 'connecting') {
      this.#started = true;
      this.#state.admission.abandon();
    }
    this.#idle?.stop();
    logger.debug({ ...this.#who, code: counts }, 'closing');
    this.#home.meter.closed(counts);
    this.#trace?.closing({ ...close, code: counts });
    const closing = new Closing({
      close,
      deliver,
      session,
      socket: this.socket,
      requests: this.#requests,
      responses: this.#responses,
      timeoutMs: options.closeTimeoutMs,
      lost: (frames) => {
        this.#home.meter.lost += frames;
        logger.warn({ ...this.#who, frames }, 'backend did not take the last frames in time');
      },
      done: () => this.#disconnected(),
    });
    this.#state = { kind: 'closing', closing };
    if (!flush) closing.sendClose();
    closing.advance();
  }

  #disconnected(): void {
    this.#state = { kind: 'closed' };
    if (this.#home.chain?.hooks.has('on_disconnect')) {
      this.#submit('on_disconnect', NOTHING);
      return;
    }
    this.#home.chain?.observer?.passed(this, 'on_disconnect', NOTHING);
    this.#finish();
  }

  #finish(): void {
    this.#home.chain?.detach(this);
    this.#trace?.ended(this.meter);
    this.#home.closed(this);
  }
}
