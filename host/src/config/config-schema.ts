import * as z from 'zod';
import { adminOptionsSchema } from '../admin/admin-options.js';
import { telemetryOptionsSchema } from '../telemetry/telemetry-options.js';
import { routeSchema } from './route-schema.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const DAY_MS = 86_400_000;

const ORIGIN = 'Expected an origin like https://chat.example.com';

const serverSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to bind. 0.0.0.0 or :: opens the server to the network. Default 127.0.0.1.'),
    hosts: z
      .union([
        z.enum(['auto', '*']),
        z.array(
          z
            .string()
            .regex(
              /^(\[[\da-f:.]+\]|(\*\.)?[a-z\d]([a-z\d._-]*[a-z\d])?)$/i,
              'Expected a name or address without a port: chat.example.com, *.example.com, 10.0.0.1 or [::1]',
            ),
        ),
      ])
      .default('auto')
      .describe(
        'Host names (the Host header, without its port) that are answered; others get 403, so that a strange page cannot make its own name mean this server (DNS rebinding). auto: bound to a loopback address, localhost, names below it, loopback addresses and the names in `host` of routes; bound elsewhere, any. *: any. A list: these names only. Behind a proxy that passes the Host of its clients on, name them here. Default auto.',
      ),
    port: z.int().min(0).max(65_535).default(4444).describe('TCP port; 0 lets the system choose. Default 4444.'),
    origins: z
      .union([z.enum(['same-host', '*']), z.array(z.url({ error: ORIGIN }).regex(/^[^@]*$/, ORIGIN))])
      .default('same-host')
      .describe(
        "Web pages that may connect: those this host serves (same-host), any (*), or a list of origins. Others get 403, which keeps strange pages from using a visitor's cookies. Requests without Origin are not from browsers and pass. Behind a proxy that is trusted (trustProxy) and says x-forwarded-proto, same-host means the same scheme too. Default same-host.",
      ),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe('Open WebSockets in this process. Above it new ones are closed with 1013. Default 10000.'),
    maxConnectionsPerAddress: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1_000)
      .describe(
        'Open WebSockets from one remote address. Above it new ones are closed with 1013. Behind a proxy set trustProxy, or all clients count as one address. Default 1000.',
      ),
    handshakeTimeoutMs: z
      .int()
      .min(1)
      .max(600_000)
      .default(10_000)
      .describe(
        'Milliseconds for a request to arrive, and again for the backend to admit it. Past it the socket is closed. Default 10000.',
      ),
    trustProxy: z
      .union([z.boolean(), z.int().min(1).max(16)])
      .default(false)
      .describe(
        'How many proxies in front of this one to believe about x-forwarded-for, -host and -proto; true is 1. With false those headers are ignored. Never turn it on without such a proxy: clients could then choose their address. Default false.',
      ),
    page: z.boolean().default(true).describe('Serve the chat page at /, if a route is a chat. Default true.'),
  })
  .describe('The HTTP server.');

const compressionSchema = z
  .union([
    z.literal(false),
    z.strictObject({
      threshold: z.int().min(0).max(MIB).default(KIB).describe('Bytes below which a message is sent as it is. Default 1024.'),
      concurrency: z.int().min(1).max(64).default(4).describe('Messages compressed at the same time, in the whole process. Default 4.'),
      windowBits: z
        .int()
        .min(9)
        .max(15)
        .default(13)
        .describe('Size of the window as a power of two: memory a message against ratio. Default 13 (8 KiB).'),
    }),
  ])
  .default(false)
  .describe(
    'permessage-deflate, always without context takeover, so that an idle connection holds no zlib memory. Costs CPU and latency. Default false.',
  );

const connectionSchema = z
  .strictObject({
    maxPayload: z
      .int()
      .min(KIB)
      .max(1024 * MIB)
      .default(MIB)
      .describe('Bytes of one message from a client, after decompression; a longer one closes the connection with 1009. Default 1 MiB.'),
    maxQueuedBytes: z
      .int()
      .min(KIB)
      .max(1024 * MIB)
      .default(MIB)
      .describe(
        'Bytes on their way to one client: in the response hooks and in its socket. Above it the connection closes with 1013; an upstream is paused at half of it. Default 1 MiB.',
      ),
    maxPendingBytes: z
      .int()
      .min(KIB)
      .max(1024 * MIB)
      .default(256 * KIB)
      .describe(
        'Bytes from one client that are in the request hooks or wait for a congested backend. Above it its socket is paused. Default 256 KiB.',
      ),
    heartbeatMs: z
      .int()
      .min(0)
      .max(DAY_MS)
      .default(30_000)
      .describe(
        'Milliseconds between pings, to clients and upstreams; who has sent nothing by the next one is cut off. 0 turns it off. Default 30000.',
      ),
    idleTimeoutMs: z
      .int()
      .min(0)
      .max(DAY_MS)
      .default(0)
      .describe('Milliseconds without a message in either direction after which a connection is closed with 3000. 0: never. Default 0.'),
    closeTimeoutMs: z
      .int()
      .min(1)
      .max(600_000)
      .default(5_000)
      .describe(
        'Milliseconds that closing may take, frames in flight and the closing handshake together; then the socket is cut. Default 5000.',
      ),
    compression: compressionSchema,
  })
  .describe('Every client connection.');

const engineSchema = z
  .strictObject({
    runtime: z
      .enum(['direct', 'extism'])
      .default('direct')
      .describe("Who calls the guests: this host's own runtime, or @extism/extism (slower; for comparison). Default direct."),
    isolation: z
      .enum(['worker', 'inline'])
      .default('worker')
      .describe(
        'worker: guests run in a thread of their own and can be killed. inline: on the main thread, where a looping guest stops the server; for tests. Default worker.',
      ),
    workers: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe(
        "Threads that run plugins. Frames of a connection, a room, a user or a whole route stay together in one of them, whichever the plugins' state needs; a guest that hangs holds up what shares its thread. Each costs about 10 MiB and the instances of what runs in it. Default: one less than there are cores, and at least 1.",
      ),
    standbys: z
      .int()
      .min(0)
      .max(8)
      .default(1)
      .describe(
        'Warm spare threads that take over from any worker that is killed; about 10 MiB and the instances each. With 0 a takeover waits for a new one. Default 1.',
      ),
    guards: z
      .boolean()
      .default(true)
      .describe(
        'Whether the host goes by what plugins say of frames that they have no interest in, and does not call them for those. false: every frame meets every plugin, which changes nothing but what it costs; to see whether a guard is at fault. Default true.',
      ),
    maxInFlightBytes: z
      .int()
      .min(KIB)
      .max(4096 * MIB)
      .default(64 * MIB)
      .describe(
        'Bytes in the hooks of one route, all its connections together. Above it the sockets that add to them are paused. Default 64 MiB.',
      ),
    heapMb: z
      .int()
      .min(16)
      .max(16_384)
      .default(256)
      .describe("MiB of a worker's JavaScript heap; past it the worker dies and another takes over. Default 256."),
    ringBytes: z
      .int()
      .min(4 * KIB)
      .max(64 * MIB)
      .default(256 * KIB)
      .describe(
        'Bytes of shared memory, for each worker and direction, that batches of frames travel in; rounded up to a power of two. What finds no room travels as a message, which is slower. Default 256 KiB.',
      ),
    spinMicros: z
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe(
        'Microseconds that a worker waits for the next frame before it sleeps; the main thread waits for the answer to one or two frames likewise, 60 at most. Saves wake-ups, costs up to one core while frames follow each other more closely than that, and nothing when there are none. 0: never. Default 300; 0 where there is one core.',
      ),
    startTimeoutMs: z
      .int()
      .min(1)
      .max(600_000)
      .default(10_000)
      .describe("Milliseconds that loading and warming one route's plugins may take. Default 10000."),
    breaker: z
      .strictObject({
        kills: z
          .int()
          .min(1)
          .max(1_000_000)
          .default(5)
          .describe('Kills within windowMs after which a plugin is quarantined: its frames meet `onFault` without running it. Default 5.'),
        faultsInARow: z
          .int()
          .min(1)
          .max(1_000_000)
          .default(100)
          .describe('Faults without a success between them that quarantine it. Default 100.'),
        windowMs: z.int().min(1).max(DAY_MS).default(60_000).describe('Milliseconds in which kills are counted. Default 60000.'),
        backoffMs: z
          .int()
          .min(1)
          .max(DAY_MS)
          .default(1_000)
          .describe('Milliseconds of the first quarantine; each one within a window lasts twice as long. Default 1000.'),
        maxBackoffMs: z.int().min(1).max(DAY_MS).default(300_000).describe('Milliseconds of the longest quarantine. Default 300000.'),
      })
      .describe('When a plugin that keeps failing is taken out of service for a while.')
      .prefault({}),
  })
  .describe('Where plugins run.');

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

const pluginsSchema = z
  .strictObject({
    requireSigned: z
      .boolean()
      .default(false)
      .describe(
        'true: a plugin file without a valid detached signature (FILE.sig, Ed25519) or a `sha256` in its route is refused. Default false.',
      ),
    publicKeys: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Ed25519 public keys whose signatures count: PEM, or its base64. With a key here, a signature that is there must be valid. Default none.',
      ),
    watchMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(200)
      .describe(
        'Milliseconds between two looks at the plugin files. A changed one is checked, warmed and swapped in on live connections. 0: files are not watched. Default 200.',
      ),
    maxFileBytes: z
      .int()
      .min(1_024)
      .max(1_073_741_824)
      .default(67_108_864)
      .describe('Bytes of a plugin file; a larger one is refused before it is read. Default 64 MiB.'),
    folder: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Folder in which versions and approvals are kept, relative to this file; one host a folder. Default: .framegate/plugins for framegate-host; createHost keeps them in memory.',
      ),
    keepVersions: z.int().min(1).max(1_000).default(10).describe('Versions of each plugin that are kept and can be restored. Default 10.'),
    approve: z
      .enum(['ask', 'always'])
      .default('ask')
      .describe(
        'A new version that asks for more state scopes or HTTP hosts than were approved: ask, it waits for an operator; always, it is taken. What a plugin asks for when it is first seen counts as approved. Default ask.',
      ),
    probation: z
      .strictObject({
        ms: z
          .int()
          .min(0)
          .max(DAY_MS)
          .default(60_000)
          .describe('Milliseconds after a swap in which its faults bring the version before it back. 0: never. Default 60000.'),
        faults: z.int().min(1).max(1_000_000).default(5).describe('Faults within them that do; a quarantine does at once. Default 5.'),
      })
      .describe('How long a new version is on probation.')
      .prefault({}),
    folders: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Folders, relative to this file, in which a file may lie that an operator names while the host runs. Beside them always: this file's folder, and that of the plugin's own file. Default none.",
      ),
    shadow: z
      .strictObject({
        maxQueuedBytes: z
          .int()
          .min(65_536)
          .default(4_194_304)
          .describe(
            'Bytes of frames that wait to be run by a version in shadow, for each route. What finds no room is not compared, and counted; clients notice nothing. Default 4194304.',
          ),
        differences: z
          .int()
          .min(0)
          .max(1_000)
          .default(50)
          .describe(
            'Frames that are kept for an operator to look at, of those on which the two versions differ. 0: only counts. Default 50.',
          ),
        excerptBytes: z
          .int()
          .min(0)
          .max(65_536)
          .default(512)
          .describe('Bytes of each payload that are kept with them, in memory only. 0: nothing that anybody said. Default 512.'),
        mask: z
          .array(z.string().min(1))
          .default(['password', 'secret', 'token', 'access_token', 'refresh_token', 'id_token', 'authorization', 'apiKey', 'api_key'])
          .describe(
            'Names of JSON fields whose values are replaced by *** in what is kept, wherever they stand. Default: password, secret, token, access_token, refresh_token, id_token, authorization, apiKey, api_key.',
          ),
      })
      .describe('Versions that run in shadow.')
      .prefault({}),
  })
  .describe('How plugin files are trusted, watched and kept.');

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
