import * as z from 'zod';
import { adminOptionsSchema } from '../admin/admin-options.js';
import { telemetryOptionsSchema } from '../telemetry/telemetry-options.js';
import { connectionSchema } from './connection-schema.js';
import { engineSchema } from './engine-schema.js';
import { pluginsSchema } from './plugins-schema.js';
import { routeSchema } from './route-schema.js';
import { serverSchema } from './server-schema.js';

const DAY_MS = 86_400_000;

const bansSchema = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File in which bans and mutes of the chats are kept, relative to this one; one host a file. Default: .framegate/bans.json for framegate-host; createHost keeps them in memory.',
      ),
    max: z.int().min(1).max(1_000_000).default(10_000).describe('Bans and mutes at once; one more is refused. Default 10000.'),
  })
  .describe('Who may not be in the chats, or not speak there: set by operators.');

/** The whole configuration file. Every option has a default; an unknown key is an error. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional().describe('For editors: node_modules/@framegate/host/dist/config/config.schema.json.'),
    server: serverSchema.prefault({}),
    connection: connectionSchema.prefault({}),
    engine: engineSchema.prefault({}),
    state: z
      .strictObject({
        sweepMs: z
          .int()
          .min(100)
          .max(DAY_MS)
          .default(60_000)
          .describe(
            'Milliseconds between two searches for expired entries. An expired one is never returned anyway, but takes room of limits.stateBytes until it is found. Default 60000.',
          ),
      })
      .describe("The plugins' memory. It belongs to the plugin's name, so plugins of one name in several routes share it.")
      .prefault({}),
    plugins: pluginsSchema.prefault({}),
    drain: z
      .strictObject({
        timeoutMs: z
          .int()
          .min(0)
          .max(DAY_MS)
          .default(10_000)
          .describe('Milliseconds from the first client that is closed until what is left is cut off. Default 10000.'),
        delayMs: z
          .int()
          .min(0)
          .max(DAY_MS)
          .default(0)
          .describe(
            'Milliseconds between the announcement (/readyz and /healthz say 503) and the first close; clients are still taken. Give a load balancer time to look elsewhere. Default 0.',
          ),
        spreadMs: z
          .int()
          .min(0)
          .max(DAY_MS)
          .default(5_000)
          .describe(
            'Milliseconds over which clients are closed, so that they do not all come back at once; at least 100 a second, and at most half of timeoutMs. 0: all at once. Default 5000.',
          ),
        retryAfterMs: z
          .int()
          .min(0)
          .max(DAY_MS)
          .default(1_000)
          .describe('Milliseconds after which a client of the chat is asked to come back, at the earliest. Default 1000.'),
        retryJitterMs: z
          .int()
          .min(0)
          .max(DAY_MS)
          .default(5_000)
          .describe('Milliseconds at most that are added to it, drawn at random for each client. Default 5000.'),
      })
      .describe('A graceful stop (SIGTERM, SIGINT).')
      .prefault({}),
    bans: bansSchema.prefault({}),
    telemetry: telemetryOptionsSchema.optional(),
    admin: adminOptionsSchema.optional(),
    log: z
      .strictObject({
        level: z
          .enum(['silent', 'error', 'warn', 'info', 'debug'])
          .default('info')
          .describe('The least serious level that is written to stderr. Default info.'),
      })
      .describe('Logging. Payloads and secrets are never logged.')
      .prefault({}),
    routes: z
      .array(routeSchema)
      .min(1)
      .prefault([
        { path: '/chat', backend: { kind: 'chat' }, plugins: [{ use: 'size-limit' }, { use: 'word-filter' }, { use: 'copypasta' }] },
      ])
      .describe(
        'Where requests go. The most specific one wins; a request that none matches gets 404. Default: the chat at /chat with size-limit, word-filter and copypasta.',
      ),
  })
  .describe('Configuration of the framegate host.');

/** The configuration with every default filled in. host/src/config/config.schema.json describes each option. */
export type HostConfig = z.output<typeof configSchema>;
/** The configuration as an operator writes it: all of it is optional. */
export type HostConfigInput = z.input<typeof configSchema>;
export type RouteConfig = HostConfig['routes'][number];
export type PluginConfig = RouteConfig['plugins'][number];
export type ConnectionOptions = HostConfig['connection'];
export type ServerOptions = HostConfig['server'];

/** The JSON Schema of a configuration file as its author writes it (defaults may be left out). */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' });
}
