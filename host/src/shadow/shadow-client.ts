import type { Hook } from '@framegate/sdk/abi';
import type { ChainClient } from '../engine/engine.js';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { HttpRecord } from '../pipeline/http-journal.js';
import type { Outcome } from '../pipeline/outcome.js';

/** A live frame on its way through the shadow, with what the running version made of it. */
export class ShadowFrame implements Frame {
  readonly kind: Frame['kind'];
  readonly payload: Uint8Array;
  readonly live: Frame;
  readonly running: Outcome;
  readonly hook: Hook;
  readonly context: ConnectionContext;
  readonly http: HttpRecord | undefined;

  constructor(live: Frame, hook: Hook, context: ConnectionContext, running: Outcome, http: HttpRecord | undefined) {
    this.kind = live.kind;
    this.payload = live.payload;
    this.live = live;
    this.hook = hook;
    this.context = context;
    this.running = running;
    this.http = http;
  }
}

/** A live connection, as the shadow's chain sees it: with the context that it had when its live frame was submitted. */
export class ShadowClient implements ChainClient {
  context: ConnectionContext;
  readonly #compare: (frame: ShadowFrame, outcome: Outcome) => void;

  constructor(context: ConnectionContext, compare: (frame: ShadowFrame, outcome: Outcome) => void) {
    this.context = context;
    this.#compare = compare;
  }

  settled(_hook: Hook, frame: Frame, outcome: Outcome): void {
    if (frame instanceof ShadowFrame) this.#compare(frame, outcome);
  }
}
