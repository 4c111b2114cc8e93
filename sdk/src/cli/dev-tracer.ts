import { randomBytes } from 'node:crypto';
import type { Span, SpanStart, Tracer } from '@framegate/host';

/** How long one plugin was at work on one frame. */
export interface TimedCall {
  readonly plugin: string;
  readonly hook: string;
  readonly passed: boolean;
  readonly ms: number;
}

/** Takes the host's spans for what they say of time: tells of the plugins' calls for each frame, right before the host logs what became of it. */
export class DevTracer implements Tracer {
  readonly #settled: (calls: readonly TimedCall[]) => void;

  constructor(settled: (calls: readonly TimedCall[]) => void) {
    this.#settled = settled;
  }

  start({ parent, startedAt = 0, attributes = {} }: SpanStart): Span {
    const { 'framegate.plugin': plugin, 'framegate.hook': hook, 'framegate.verdict': verdict } = attributes;
    if (hook === undefined) return new DevSpan(() => undefined);
    if (plugin === undefined) return new FrameSpan(this.#settled);
    return new DevSpan((at) => {
      if (!(parent instanceof FrameSpan)) return;
      parent.calls.push({ plugin: String(plugin), hook: String(hook), passed: verdict === 'pass', ms: at - startedAt });
    });
  }

  async close(): Promise<void> {}
}

class DevSpan implements Span {
  readonly recording = true;
  /** Backends are told that nobody records the trace. */
  readonly headers = { traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00` };
  readonly #ended: (at: number) => void;

  constructor(ended: (at: number) => void) {
    this.#ended = ended;
  }

  set(): void {}

  fail(): void {}

  end(at = Date.now()): void {
    this.#ended(at);
  }
}

class FrameSpan extends DevSpan {
  readonly calls: TimedCall[] = [];

  constructor(settled: (calls: readonly TimedCall[]) => void) {
    super(() => settled(this.calls));
  }
}
