import {
  createTraceState,
  DiagLogLevel,
  diag,
  isSpanContextValid,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../logger.js';
import type { TelemetryOptions } from './telemetry-options.js';
import type { Span, SpanAttributes, SpanStart, TraceHeaders, Tracer } from './tracer.js';

/** version-traceid-parentid-flags; a version to come may have more behind. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/**
 * Sends spans with OpenTelemetry's own exporter: OTLP over HTTP, as JSON, in batches. Nothing of it is registered globally but where it
 * says what goes wrong. Which traces are recorded, OTEL_TRACES_SAMPLER says; by default those that are new, and those that their caller records.
 */
export class OtlpTracer implements Tracer {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: OtelTracer;
  readonly #logger: Logger;
  readonly #flushTimeoutMs: number;

  constructor({ url, headers, serviceName, maxQueuedSpans, flushTimeoutMs }: TelemetryOptions, logger: Logger) {
    this.#logger = logger;
    this.#flushTimeoutMs = flushTimeoutMs;
    const say = (message: string): void => logger.warn({ error: message }, 'telemetry');
    diag.setLogger(
      { error: say, warn: say, info() {}, debug() {}, verbose() {} },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const exporter = new OTLPTraceExporter({ ...(url === undefined ? {} : { url }), ...(headers === undefined ? {} : { headers }) });
    const resource = defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'framegate' }))
      // OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME
      .merge(detectResources({ detectors: [envDetector] }))
      .merge(resourceFromAttributes(serviceName === undefined ? {} : { 'service.name': serviceName }));
    this.#provider = new BasicTracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: maxQueuedSpans })],
    });
    this.#tracer = this.#provider.getTracer('framegate');
  }

  start({ name, kind = 'internal', parent, caller = {}, startedAt, attributes = {} }: SpanStart): Span {
    const from = parent instanceof OtlpSpan ? parent.context : spanContextOf(parent === undefined ? caller : { ...parent.headers });
    const context = from === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, from);
    const options = {
      kind: kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
      attributes,
      ...(startedAt === undefined ? {} : { startTime: startedAt }),
    };
    return new OtlpSpan(this.#tracer.startSpan(name, options, context));
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`spans were not sent within telemetry.flushTimeoutMs (${this.#flushTimeoutMs} ms)`)),
        this.#flushTimeoutMs,
      );
    });
    const sent = this.#provider.shutdown();
    sent.catch(() => {});
    await Promise.race([sent, late])
      .catch((error: unknown) => this.#logger.warn({ error: String(error) }, 'telemetry'))
      .finally(() => clearTimeout(timer));
  }
}

class OtlpSpan implements Span {
  readonly context: SpanContext;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan) {
    this.#span = span;
    this.context = span.spanContext();
  }

  get recording(): boolean {
    return this.#span.isRecording();
  }

  get headers(): TraceHeaders {
    const { traceId, spanId, traceFlags, traceState } = this.context;
    const tracestate = traceState?.serialize() ?? '';
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      ...(tracestate === '' ? {} : { tracestate }),
    };
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes);
  }

  fail(message: string): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  end(at?: number): void {
    this.#span.end(at);
  }
}

function spanContextOf({ traceparent = '', tracestate }: Readonly<Record<string, string | undefined>>): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(traceparent.trim()) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & 1;
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(context) ? context : undefined;
}
