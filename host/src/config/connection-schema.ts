import * as z from 'zod';

const KIB = 1024;
const MIB = 1024 * KIB;
const DAY_MS = 86_400_000;

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

/** The `connection` section of the configuration. */
export const connectionSchema = z
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
