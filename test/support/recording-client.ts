import type { Hook } from '@framegate/sdk/abi';
import type { Chain, ChainClient } from '../../host/src/engine/engine.js';
import type { Frame } from '../../host/src/frame.js';
import type { ConnectionContext } from '../../host/src/pipeline/connection-context.js';
import type { Outcome } from '../../host/src/pipeline/outcome.js';

export interface Settlement {
  readonly hook: Hook;
  readonly frame: Frame;
  readonly outcome: Outcome;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let nextHandle = 1;

/** A client of a chain that keeps all that it was told, and can be waited for. */
export class RecordingClient implements ChainClient {
  context: ConnectionContext;
  readonly settlements: Settlement[] = [];
  readonly #chain: Chain;
  #submitted = 0;
  #waiting: (() => void)[] = [];

  constructor(chain: Chain, change: Partial<ConnectionContext> = {}) {
    this.#chain = chain;
    const handle = nextHandle++;
    this.context = {
      handle,
      version: 1,
      id: `connection-${handle}`,
      route: 'test',
      host: 'localhost',
      path: '/',
      headers: {},
      remoteAddress: '127.0.0.1',
      subprotocol: '',
      connectedAt: 1_700_000_000_000,
      ...change,
    };
  }

  settled(hook: Hook, frame: Frame, outcome: Outcome): void {
    this.settlements.push({ hook, frame, outcome });
    if (this.settlements.length < this.#submitted) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  submit(frame: Frame, hook: Hook = 'on_request_message'): Frame {
    this.#submitted += 1;
    this.#chain.submit(this, hook, frame);
    return frame;
  }

  /** Resolves when everything submitted has settled. */
  async idle(): Promise<void> {
    if (this.settlements.length === this.#submitted) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Submits a text frame and gives its settlement. Nothing else may be outstanding. */
  async ask(message: string, hook: Hook = 'on_request_message'): Promise<Settlement> {
    this.submit(text(message), hook);
    await this.idle();
    const last = this.settlements.at(-1);
    if (!last) throw new Error('nothing has settled');
    return last;
  }

  detach(): void {
    this.#chain.detach(this);
  }
}

export function text(message: string): Frame {
  return { kind: 'text', payload: encoder.encode(message) };
}

export function textOf(frame: Frame | undefined): string {
  if (!frame) throw new Error('there is no frame');
  return decoder.decode(frame.payload);
}

/** What a settled frame became, as texts. */
export function forwarded({ outcome }: Settlement): string[] {
  return outcome.forward.map(textOf);
}
