import type { Hook } from '@framegate/sdk/abi';
import type { UpgradeRequest } from '../backend/backend.js';
import type { Frame } from '../frame.js';
import type { ConnectionMeter } from '../metrics/connection-meter.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { Telemetry } from '../telemetry/open-tracer.js';
import type { Span, TraceHeaders } from '../telemetry/tracer.js';
import type { Close } from '../verdict.js';
import { plainPath } from './upgrade-request.js';

/** Close codes that are the host's or the backend's failure, and nobody's wish. */
const FAILURES: ReadonlySet<number> = new Set([1011, 1013, 1014]);

/** One connection's span, from its upgrade request to its end, and those of the frames that are sampled. Absent: nobody asks for spans. */
export class ConnectionTrace {
  readonly #telemetry: Telemetry;
  readonly #span: Span;
  /** Sampled frames in the hooks: at most those that are in there. */
  readonly #frames = new Map<Frame, Span>();
  #close: Close | undefined;

  constructor(telemetry: Telemetry, route: string, request: UpgradeRequest) {
    this.#telemetry = telemetry;
    this.#span = telemetry.tracer.start({
      name: `websocket ${route}`,
      kind: 'server',
      caller: request.headers,
      attributes: {
        'framegate.route': route,
        'network.protocol.name': 'websocket',
        'server.address': request.host,
        'url.path': plainPath(request.path),
        'client.address': request.remoteAddress,
      },
    });
  }

  /** For the backend. */
  get headers(): TraceHeaders {
    return this.#span.headers;
  }

  connected(id: string): void {
    this.#span.set({ 'framegate.connection': id });
  }

  refused({ code, reason }: Close): void {
    this.#span.set({ 'framegate.close.code': code });
    this.#span.fail(reason);
    this.#span.end();
  }

  /** It was never connected. */
  abandoned(): void {
    this.#span.fail('the client went away, or the host is stopping');
    this.#span.end();
  }

  /** A frame goes to the hooks. Returns whether its calls are wanted. */
  submitted(hook: Hook, frame: Frame): boolean {
    const { tracer, frameRatio } = this.#telemetry;
    if (frameRatio === 0 || !this.#span.recording || Math.random() >= frameRatio || this.#frames.has(frame)) return false;
    const attributes = { 'framegate.hook': hook, 'framegate.frame.kind': frame.kind, 'framegate.frame.bytes': frame.payload.length };
    this.#frames.set(frame, tracer.start({ name: `frame ${hook}`, parent: this.#span, attributes }));
    return true;
  }

  settled(frame: Frame, number: number, { calls = [], forward, reply, failed }: Outcome): void {
    const span = this.#frames.get(frame);
    if (span === undefined) return;
    this.#frames.delete(frame);
    for (const { plugin, hook, verdict, startedAt, ms } of calls) {
      const attributes = { 'framegate.plugin': plugin, 'framegate.hook': hook, 'framegate.verdict': verdict };
      const call = this.#telemetry.tracer.start({ name: `plugin ${plugin}`, parent: span, startedAt, attributes });
      if (verdict === 'fault') call.fail('the plugin failed');
      call.end(startedAt + ms);
    }
    span.set({ 'framegate.frame': number, 'framegate.frames.forwarded': forward.length, 'framegate.frames.replied': reply.length });
    if (failed !== undefined) span.fail(`${failed.fault}: plugin ${failed.plugin}`);
    span.end();
  }

  /** How it ends is decided; it has not ended yet. */
  closing(close: Close): void {
    this.#close = close;
  }

  ended({ requests, responses }: ConnectionMeter): void {
    const { code, reason } = this.#close ?? { code: 1006, reason: '' };
    this.#span.set({ 'framegate.close.code': code, 'framegate.frames.request': requests, 'framegate.frames.response': responses });
    if (FAILURES.has(code)) this.#span.fail(reason);
    this.#span.end();
  }
}
