import { HostError } from '../errors.js';
import type { Logger } from '../logger.js';
import { type TelemetryOptions, telemetryOptionsSchema } from './telemetry-options.js';
import type { Tracer } from './tracer.js';

/** Where spans are made, and how many frames get one. */
export interface Telemetry {
  readonly tracer: Tracer;
  /** See telemetry.frameRatio. */
  readonly frameRatio: number;
}

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

/**
 * Loads OpenTelemetry if the configuration asks for it, or the standard environment variables do; `undefined`: nobody does.
 * Rejects with TELEMETRY_NOT_INSTALLED if it is configured and its packages are missing; where only the environment asks, that is a warning.
 */
export async function openTelemetry(
  configured: TelemetryOptions | undefined,
  logger: Logger,
  env: NodeJS.ProcessEnv = process.env,
  load: () => Promise<typeof import('./tracer-otlp.js')> = () => import('./tracer-otlp.js'),
): Promise<Telemetry | undefined> {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER?.toLowerCase() === 'none') return undefined;
  const named = ENDPOINTS.find((name) => env[name]);
  if (configured === undefined && named === undefined) return undefined;
  const options = configured ?? telemetryOptionsSchema.parse({});
  try {
    const { OtlpTracer } = await load();
    return { tracer: new OtlpTracer(options, logger), frameRatio: options.frameRatio };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const missing = new HostError(
      'TELEMETRY_NOT_INSTALLED',
      `${configured === undefined ? named : '`telemetry`'} asks for spans: ${missingPackage(error)}.`,
      {
        cause: error,
      },
    );
    if (configured !== undefined) throw missing;
    logger.warn({ code: missing.code, hint: missing.hint }, missing.message);
    return undefined;
  }
}

function missingPackage(error: unknown): string {
  const [, name] = /Cannot find package '([^']+)'/.exec(String(error)) ?? [];
  return name === undefined ? 'a package of OpenTelemetry is not installed' : `the package ${name} is not installed`;
}
