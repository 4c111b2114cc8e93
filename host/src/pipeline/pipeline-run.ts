import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { StateTransaction } from '../state/state-transaction.js';
import type { Answer, Close, FaultCode, Verdict } from '../verdict.js';
import { verdictKind } from './answer-kind.js';
import type { ConnectionContext } from './connection-context.js';
import type { HttpJournal } from './http-journal.js';
import type { Outcome, OutcomeNote } from './outcome.js';
import type { Plugin, PluginPolicy } from './plugin.js';

/** One place in a chain. The first is nearest to the client. */
export interface PipelineStep {
  readonly plugin: Plugin;
  readonly policy: PluginPolicy;
}

/** Frames that one frame may become on its way, replies included. One more is a PLUGIN_LOOP. */
export const MAX_FRAMES_PER_INPUT = 4096;
/** How often a reply may be answered with a reply. */
const MAX_REPLY_DEPTH = 8;
/** Bytes of all verdicts' frames so far, above which one more verdict with frames is refused. */
const MAX_BYTES_PER_INPUT = 67_108_864;
/** Characters of what a plugin, or the engine about it, says of a frame: a hundred of them are kept for the operator. */
const MAX_REASON = 1_024;
const MAX_FAULT_REASON = 16_384;

/** Towards the backend positions grow, towards the client they fall. */
type Way = 1 | -1;

/** A frame that is to meet the plugin at this position, or has passed the last one. */
interface Pending {
  readonly kind: 'frame';
  readonly frame: Frame;
  readonly position: number;
  readonly way: Way;
  /** How many replies lie between it and the frame that was put in. */
  readonly depth: number;
}
/** A connection event, which meets every plugin in turn. */
interface PendingEvent {
  readonly kind: 'event';
  readonly frame: Frame;
  readonly position: number;
}

/** One frame's way through the plugins once it no longer just passes. Depth first: what a frame became goes before the frame behind it. */
export class PipelineRun {
  readonly #steps: readonly PipelineStep[];
  readonly #hook: Hook;
  readonly #connection: ConnectionContext;
  readonly #state: StateTransaction;
  readonly #http: HttpJournal | undefined;
  /** Last in, first out. */
  readonly #stack: (Pending | PendingEvent)[] = [];
  readonly #toBackend: Frame[] = [];
  readonly #toClient: Frame[] = [];
  readonly #notes: OutcomeNote[] = [];
  #frames = 0;
  /** Bytes of the frames that verdicts have brought. */
  #bytes = 0;
  #close: Close | undefined;
  #failed: Outcome['failed'];

  constructor(
    steps: readonly PipelineStep[],
    hook: Hook,
    connection: ConnectionContext,
    state: StateTransaction,
    http: HttpJournal | undefined,
  ) {
    this.#steps = steps;
    this.#hook = hook;
    this.#connection = connection;
    this.#state = state;
    this.#http = http;
  }

  /** An event that starts at the first plugin. */
  event(frame: Frame): Outcome | Promise<Outcome> {
    this.#stack.push({ kind: 'event', frame, position: 0 });
    return this.#drain();
  }

  /** A frame that has just got this answer (or the promise of one) from the plugin at `position`. */
  answered(frame: Frame, position: number, savepoint: number, answer: Answer | Promise<Answer>): Outcome | Promise<Outcome> {
    const way = this.#hook === 'on_response_message' ? -1 : 1;
    return this.#answer({ kind: 'frame', frame, position, way, depth: 0 }, savepoint, answer) ?? this.#drain();
  }

  #drain(): Outcome | Promise<Outcome> {
    for (;;) {
      const next = this.#stack.pop();
      if (!next) return this.#outcome();
      const step = this.#steps[next.position];
      if (!step) {
        if (next.kind === 'frame') (next.way === 1 ? this.#toBackend : this.#toClient).push(next.frame);
        continue;
      }
      const hook = next.kind === 'event' ? this.#hook : next.way === 1 ? 'on_request_message' : 'on_response_message';
      if (!step.plugin.hooks.has(hook)) {
        this.#goOn(next);
        continue;
      }
      const savepoint = this.#state.savepoint();
      const call = {
        hook,
        frame: next.frame,
        connection: this.#connection,
        now: this.#http?.startedAt ?? this.#state.now,
        state: this.#state,
        http: this.#http,
      };
      const waiting = this.#answer(next, savepoint, step.plugin.run(call));
      if (waiting !== undefined) return waiting;
    }
  }

  /** Takes a plugin's answer; a promise if the rest has to wait for it. */
  #answer(at: Pending | PendingEvent, savepoint: number, answer: Answer | Promise<Answer>): Promise<Outcome> | undefined {
    if (!(answer instanceof Promise)) {
      this.#take(at, savepoint, answer);
      return undefined;
    }
    return answer.then((settled) => {
      this.#take(at, savepoint, settled);
      return this.#drain();
    });
  }

  #take(at: Pending | PendingEvent, savepoint: number, answer: Answer): void {
    const step = this.#steps[at.position];
    if (!step) return;
    if (answer.kind === 'wait') {
      // nothing of this run counts
      this.#stack.length = 0;
      return;
    }
    if (answer.kind === 'fault') {
      this.#fail(at, step, savepoint, answer.code, answer.message);
      return;
    }
    const loop = this.#loop(at, answer);
    if (loop) this.#fail(at, step, savepoint, 'PLUGIN_LOOP', loop);
    else this.#apply(at, step, answer);
  }

  #apply(at: Pending | PendingEvent, step: PipelineStep, verdict: Verdict): void {
    this.#note(step, at, verdict);
    if (at.kind === 'event' && this.#hook === 'on_disconnect') {
      this.#goOn(at);
      return;
    }
    // there is nothing to drop of a connection that opens: it is refused
    const closes = step.policy.rejectStrategy === 'close' || at.kind === 'event';
    const close = verdict.close ?? (closes ? verdict.reject : undefined);
    if (close) {
      this.#close ??= close;
      this.#stack.length = 0;
    } else if (at.kind === 'event') {
      this.#goOn(at);
    } else if (verdict.forward === undefined && !verdict.reject) {
      this.#goOn(at);
    }
    const way = at.kind === 'event' ? 1 : at.way;
    const depth = at.kind === 'event' ? 0 : at.depth;
    if (verdict.forward && !verdict.reject) this.#push(verdict.forward, at.position + way, way, depth);
    if (verdict.reply) this.#push(verdict.reply, at.position - way, way === 1 ? -1 : 1, depth + 1);
  }

  #fail(at: Pending | PendingEvent, step: PipelineStep, savepoint: number, code: FaultCode, message: string): void {
    this.#state.rollback(savepoint);
    this.#notes.push({ plugin: step.plugin.name, kind: 'fault', reason: cut(message, MAX_FAULT_REASON), fault: code });
    if (step.policy.onFault === 'open' || this.#hook === 'on_disconnect') {
      this.#goOn(at);
      return;
    }
    this.#failed ??= { plugin: step.plugin.name, fault: code };
  }

  #goOn(at: Pending | PendingEvent): void {
    const position = at.position + (at.kind === 'event' ? 1 : at.way);
    this.#stack.push({ ...at, position });
  }

  #push(frames: readonly Frame[], position: number, way: Way, depth: number): void {
    this.#frames += frames.length;
    for (let index = frames.length - 1; index >= 0; index--) {
      const frame = frames[index];
      this.#bytes += frame?.payload.length ?? 0;
      if (frame) this.#stack.push({ kind: 'frame', frame, position, way, depth });
    }
  }

  /** Why this verdict would let the frame run in circles, or grow without end. */
  #loop(at: Pending | PendingEvent, { forward, reply }: Verdict): string | undefined {
    const frames = this.#frames + (forward?.length ?? 0) + (reply?.length ?? 0);
    if (frames > MAX_FRAMES_PER_INPUT) return `one frame became ${frames} frames; at most ${MAX_FRAMES_PER_INPUT} are allowed`;
    if ((forward || reply) && this.#bytes > MAX_BYTES_PER_INPUT)
      return `one frame became ${this.#bytes} bytes; at most ${MAX_BYTES_PER_INPUT} are allowed`;
    if (reply && reply.length > 0 && at.kind === 'frame' && at.depth >= MAX_REPLY_DEPTH) {
      return `replies to replies, ${at.depth + 1} deep; at most ${MAX_REPLY_DEPTH} are allowed`;
    }
    return undefined;
  }

  #note({ plugin }: PipelineStep, at: Pending | PendingEvent, verdict: Verdict): void {
    const kind = verdictKind(verdict, at.kind);
    if (!kind) return;
    const reason = verdict.reason ?? verdict.close?.reason ?? verdict.reject?.reason;
    this.#notes.push(reason === undefined ? { plugin: plugin.name, kind } : { plugin: plugin.name, kind, reason: cut(reason, MAX_REASON) });
  }

  #outcome(): Outcome {
    const back = this.#hook === 'on_response_message';
    return {
      forward: back ? this.#toClient : this.#toBackend,
      reply: back ? this.#toBackend : this.#toClient,
      ...(this.#close && { close: this.#close }),
      ...(this.#failed && { failed: this.#failed }),
      notes: this.#notes,
    };
  }
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
