import { HTTP_HOST_FORM, parseHttpHost } from '@framegate/sdk/abi';
import * as z from 'zod';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a plugin may do with the network. */
export const httpSchema = z
  .strictObject({
    hosts: z
      .array(z.string().refine((host) => parseHttpHost(host) !== undefined, { error: `Expected a host such as ${HTTP_HOST_FORM}` }))
      .default([])
      .describe(
        'Hosts that the plugin may call over http and https: a name or address with an optional port and scheme; *.example.com is every name below it, * is any, and :* any port. Without a port only 80 and 443. A plugin whose manifest asks for a host that is not here is not loaded. Default: none, no network.',
      ),
    allowPrivate: z
      .boolean()
      .default(false)
      .describe(
        'Whether those hosts may be loopback, private, link-local or other addresses that are not public. Checked for the address that a connection goes to, for each redirect too. Default false: a name that is pointed at the inside of your network is refused.',
      ),
    timeoutMs: z
      .int()
      .min(1)
      .max(60_000)
      .default(2_000)
      .describe(
        'Milliseconds for one request, from its asking to the last byte. The frame waits, and the frames behind it of the same connection and direction; nobody else does. It does not count towards limits.deadlineMs. Default 2000.',
      ),
    maxRequestBytes: z
      .int()
      .min(0)
      .max(16 * MIB)
      .default(64 * KIB)
      .describe("Bytes of one request's body. Default 64 KiB."),
    maxResponseBytes: z
      .int()
      .min(0)
      .max(16 * MIB)
      .default(256 * KIB)
      .describe("Bytes of one response's body; a longer one is cut off and the request fails. Default 256 KiB."),
    maxConcurrent: z.int().min(1).max(1_024).default(16).describe('Requests of this plugin under way at once; more wait. Default 16.'),
    maxQueued: z.int().min(0).max(65_536).default(256).describe('Requests that wait for their turn; one more fails at once. Default 256.'),
    maxPerFrame: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe(
        'Requests that one frame may cause in this plugin; one more fails at once. A frame runs again for each batch of answers. Default 4.',
      ),
    maxRedirects: z
      .int()
      .min(0)
      .max(20)
      .default(3)
      .describe(
        'Redirects that one request follows, each checked like a request of its own. 0: the plugin gets the redirect itself. Default 3.',
      ),
  })
  .describe('What the plugin may do with the network. Default: nothing.');

/** The limits of a plugin whose configuration says nothing of them, and no hosts. */
export const DEFAULT_HTTP_GRANT = httpSchema.parse({});
