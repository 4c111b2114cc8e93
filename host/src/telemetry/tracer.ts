/** What a span is about. Never payloads, tokens or header values. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** W3C Trace Context, as it travels in headers (https://www.w3.org/TR/trace-context/). */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Something that takes time, as a trace shows it. */
export interface Span {
  /** False: nobody will see it, as whoever began the trace decided. */
  readonly recording: boolean;
  /** For whoever goes on with the work. */
  readonly headers: TraceHeaders;
  set(attributes: SpanAttributes): void;
  fail(message: string): void;
  /** Milliseconds since the epoch; default: now. Nothing may follow. */
  end(at?: number): void;
}

/** What is known of a span when it begins. */
export interface SpanStart {
  readonly name: string;
  /** server: it answers somebody else's request. Default internal. */
  readonly kind?: 'server' | 'internal';
  /** What it is a part of. */
  readonly parent?: Span | undefined;
  /** Without a parent: the headers of the request that asks for it. Where they name no trace, it is a trace of its own. */
  readonly caller?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch; default: now. */
  readonly startedAt?: number;
  readonly attributes?: SpanAttributes;
}

/** Where spans go. Starting and ending one never waits and never throws. */
export interface Tracer {
  start(span: SpanStart): Span;
  /** Resolves when what has ended is sent, or given up. */
  close(): Promise<void>;
}
