import * as z from 'zod';
import { chatOptionsSchema } from '../chat/chat-options.js';
import { DEFAULT_MIGRATE_MS, DEFAULT_UNDO_BYTES } from '../engine/migration/migration-limits.js';
import { DEFAULT_LOG_LINE_BYTES, DEFAULT_LOG_LINES } from '../engine/wasm/log-meter.js';
import { httpSchema } from './http-schema.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What one plugin may use; what it may not exceed. */
const limitsSchema = z
  .strictObject({
    deadlineMs: z
      .int()
      .min(1)
      .max(60_000)
      .default(200)
      .describe(
        'Milliseconds that one hook may run. Past it its thread is killed, the frame meets `onFault`, and everything behind it has waited for that long. Wall-clock time: on a machine that is starved of processor time a tight one kills the innocent. Default 200.',
      ),
    fuel: z
      .int()
      .min(0)
      .max(1_000_000_000_000)
      .optional()
      .describe(
        'Units of work, about one for eight instructions, that one hook may spend. A guest that has used them up is stopped in its own thread, which costs less than a deadline and a killed thread. 0: only the deadline stops it. JavaScript guests spend 6 to 12 million a millisecond, tight loops of compiled languages 1 to 5 million. Default 4000000 for each millisecond of deadlineMs.',
      ),
    memoryBytes: z
      .int()
      .min(64 * KIB)
      .max(4096 * MIB)
      .default(64 * MIB)
      .describe('Bytes of Wasm memory; growing beyond it fails inside the guest. Rounded up to 64 KiB pages. Default 64 MiB.'),
    outputBytes: z
      .int()
      .min(KIB)
      .max(1024 * MIB)
      .default(MIB)
      .describe('Bytes of all frames of one verdict; more is a fault. Default 1 MiB.'),
    stateBytes: z
      .int()
      .min(0)
      .max(1024 * MIB)
      .default(8 * MIB)
      .describe(
        "Bytes of host-managed state, keys and values, all scopes, rooms and routes of the plugin's name together, however many engine.workers have parts of it; a write beyond it is refused. What has expired in another worker counts until state.sweepMs. Default 8 MiB.",
      ),
    migrateMs: z
      .int()
      .min(1)
      .max(60_000)
      .default(DEFAULT_MIGRATE_MS)
      .describe(
        'Milliseconds that a new version may take to bring the state of the one before into its own form (`migrate`), the frames before it included. For so long the frames of its route wait; past it the version is refused and the one before goes on. Default 5000.',
      ),
    migrateUndoBytes: z
      .int()
      .min(0)
      .max(1024 * MIB)
      .default(DEFAULT_UNDO_BYTES)
      .describe(
        'Bytes that are kept, in memory, to take back what migrations have changed when the version is rolled back: keys and values before and after. A migration that would need more is refused. 0: nothing is kept, and a rollback leaves the state as the newer version has it. Default 32 MiB.',
      ),
    logLines: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(DEFAULT_LOG_LINES)
      .describe('Log lines a second, each engine thread for itself; further ones are left out, and their number is logged. Default 100.'),
    logLineBytes: z
      .int()
      .min(1)
      .max(64 * KIB)
      .default(DEFAULT_LOG_LINE_BYTES)
      .describe('Bytes of one log line; a longer one is cut. Default 4096.'),
    recycle: z
      .strictObject({
        calls: z.int().min(0).max(2_147_483_647).default(1_000_000).describe('Calls of its hooks; 0: any number. Default 1000000.'),
        ageMs: z.int().min(0).max(2_147_483_647).default(3_600_000).describe('Milliseconds; 0: any age. Default 3600000.'),
        memoryBytes: z
          .int()
          .min(0)
          .max(4096 * MIB)
          .default(32 * MIB)
          .describe('Bytes of Wasm memory that it has grown to; 0: any size up to limits.memoryBytes. Default 32 MiB.'),
      })
      .prefault({})
      .describe(
        'When an instance is replaced by a fresh one, made in a pause between frames: many guests leak. State is kept by the host, so nothing is lost but what the guest keeps in its own memory.',
      ),
  })
  .describe('What the plugin may use.');

/** The limits of a plugin whose configuration says nothing of them. */
export const DEFAULT_LIMITS = limitsSchema.parse({});

const recordSchema = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .describe(
        'The file, relative to the working directory. One that is there is never written to: a second thread, version or start of the host writes NAME-2.jsonl, and so on.',
      ),
    maxFrames: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(10_000)
      .describe('Calls of its hooks; the recording ends with the last. Default 10000.'),
    maxBytes: z
      .int()
      .min(64 * KIB)
      .max(16_384 * MIB)
      .default(64 * MIB)
      .describe('Bytes of the file; the recording ends before it would grow beyond. Default 64 MiB.'),
    mask: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'JSON fields whose values are replaced by ***, at any depth, in frames, claims and HTTP bodies. With any, the file has no verdicts and no state: `framegate replay --fill` computes them from the masked frames. Headers such as cookie are always masked. Default [].',
      ),
  })
  .describe(
    'Writes down what the plugin is given and what it answers, for `framegate replay`. While it does, the plugin meets every frame (no guards), its random bytes come from a seed that is in the file, and each call costs two writes to disk. Default: nothing is recorded.',
  );

const pluginSchema = z
  .strictObject({
    use: z
      .string()
      .min(1)
      .describe(
        'The plugin: a path to a .wasm file (starts with . or /, or ends in .wasm; relative to this file), or a package: `copypasta` is @framegate/plugin-copypasta; a name with a scope, or one that begins with framegate-plugin-, is the package itself.',
      ),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'Expected a-z, 0-9 and -, at most 64 characters')
      .optional()
      .describe("The plugin's name in this route; its state belongs to that name. Default: the name in its manifest, else the file's."),
    enabled: z.boolean().default(true).describe('false: the plugin is not even loaded. Default true.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'Expected 64 hexadecimal digits')
      .optional()
      .describe('The SHA-256 that the file must have, now and after every change of it. Default: any.'),
    config: z
      .record(z.string(), z.json())
      .default({})
      .describe("The plugin's own options, validated against the schema in its manifest; defaults are filled in. Default {}."),
    limits: limitsSchema.prefault({}),
    http: httpSchema.prefault({}),
    onFault: z
      .enum(['closed', 'open'])
      .default('closed')
      .describe(
        'What becomes of a frame on which the plugin failed. closed: it is dropped and its sender told. open: it passes unchanged. Default closed: a filter that can be crashed must not be a filter that can be passed.',
      ),
    rejectStrategy: z
      .enum(['drop', 'close'])
      .default('drop')
      .describe('What becomes of a frame that the plugin calls invalid: drop it, or close the connection with its code. Default drop.'),
    record: recordSchema.optional(),
  })
  .describe(
    'One plugin of the chain. The first is nearest to the client: requests meet the chain from first to last, responses from last to first.',
  );

const upstreamOptionsSchema = z
  .strictObject({
    kind: z.literal('upstream').describe('Another WebSocket server behind this one (gateway mode).'),
    url: z
      .url({ protocol: /^wss?$/, error: 'Expected an address like ws://host:port/path or wss://host/path' })
      .describe(
        "The server's address. Without a path of its own (ws://host:port) the server is asked for the client's path; with one (ws://host:port/base) for that, whatever the client's is. The client's query is added in both cases.",
      ),
    connectTimeoutMs: z
      .int()
      .min(1)
      .max(600_000)
      .default(5_000)
      .describe('Milliseconds for TCP, TLS and handshake. Past it the client is closed with 1014. Default 5000.'),
    headers: z
      .record(
        z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'Expected a header name'),
        z.string().regex(/^[^\r\n\0]*$/, 'Expected no line breaks'),
      )
      .default({})
      .describe('Headers added to the handshake with the upstream; they win over forwarded ones. Default {}.'),
    forwardHeaders: z
      .array(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'Expected a header name'))
      .default(['authorization', 'cookie', 'user-agent', 'accept-language', 'origin'])
      .describe(
        "The client's headers that are passed on. Hop-by-hop and sec-websocket-* headers never are. Default: authorization, cookie, user-agent, accept-language and origin, what a server that clients used to reach directly relies on. Leave authorization and cookie out for an upstream that you do not trust with them.",
      ),
    maxPayload: z
      .int()
      .min(KIB)
      .max(1024 * MIB)
      .optional()
      .describe('Bytes of one message from the upstream; a longer one ends the connection with 1014. Default: connection.maxPayload.'),
    maxQueuedBytes: z
      .int()
      .min(KIB)
      .max(1024 * MIB)
      .default(256 * KIB)
      .describe(
        "Bytes waiting for a slow upstream, per client. Above it that client's socket is paused until half of it is gone. Default 256 KiB.",
      ),
    notices: z
      .boolean()
      .default(true)
      .describe(
        'Whether a client is told by a text frame { "type": "notice", "code", "content" } that a plugin failed and its frame was dropped. Turn it off for clients that take no JSON. Default true.',
      ),
  })
  .describe('Passes frames to and from a WebSocket server.');
export type UpstreamOptions = z.output<typeof upstreamOptionsSchema>;

const chatBackendSchema = chatOptionsSchema
  .safeExtend({ kind: z.literal('chat').describe('The chat in this process.') })
  .describe('Rooms in this process; docs/protocol.md says what clients send.');

export const routeSchema = z
  .strictObject({
    name: z.string().min(1).max(64).optional().describe('For logs and metrics, and what plugins see as `route`. Default: host and path.'),
    host: z
      .string()
      .regex(/^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, 'Expected a host name without a port, or *.example.com')
      .optional()
      .describe('Only requests for this host name, without a port; *.example.com takes any name below. Default: any host.'),
    path: z
      .string()
      .regex(/^\/[^?#*]*(\/\*|(?<=^\/)\*)?$/, 'Expected a path that starts with / and has at most one *, as its end: /chat or /chat/*')
      .default('/chat')
      .describe('The path of the upgrade request: exact, or with /* at its end also everything below. Default /chat.'),
    backend: z
      .discriminatedUnion('kind', [chatBackendSchema, upstreamOptionsSchema])
      .prefault({ kind: 'chat' })
      .describe('Where frames go after the plugins. Default: the chat in this process.'),
    plugins: z.array(pluginSchema).default([]).describe('The chain, in order. Default: none, frames pass at full speed.'),
  })
  .describe('One address that clients connect to.');
