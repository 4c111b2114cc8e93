import * as z from 'zod';

/** The `telemetry` section of the configuration. */
export const telemetryOptionsSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'Expected the address of a collector, such as http://localhost:4318/v1/traces' })
      .optional()
      .describe(
        'Where spans are sent: OTLP over HTTP, as JSON, such as http://localhost:4318/v1/traces. Default: what OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT say, else that address.',
      ),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .describe('Headers of those requests, such as a key. Default: what OTEL_EXPORTER_OTLP_HEADERS says.'),
    serviceName: z
      .string()
      .min(1)
      .optional()
      .describe('`service.name` of the spans. Default: what OTEL_SERVICE_NAME says, else framegate.'),
    frameRatio: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        'Share of the frames that meet plugins and get a span, with a child for each call of a plugin; 0.001 is one in a thousand. 0: none, and nothing is done for any. Default 0.',
      ),
    maxQueuedSpans: z
      .int()
      .min(512)
      .max(1_000_000)
      .default(2_048)
      .describe('Spans that wait to be sent; further ones are dropped, never waited for. Default 2048.'),
    flushTimeoutMs: z
      .int()
      .min(1)
      .max(60_000)
      .default(2_000)
      .describe('Milliseconds that a stop waits for the last spans to be sent. Default 2000.'),
  })
  .describe(
    'OpenTelemetry spans. Absent: none, unless OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set. Takes packages that are installed beside the host: docs/operations.md.',
  );

export type TelemetryOptions = z.output<typeof telemetryOptionsSchema>;
