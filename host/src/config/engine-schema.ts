import * as z from 'zod';

const KIB = 1024;
const MIB = 1024 * KIB;
const DAY_MS = 86_400_000;

/** The `engine` section of the configuration. */
export const engineSchema = z
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
