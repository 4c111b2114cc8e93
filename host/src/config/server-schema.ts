import * as z from 'zod';

const ORIGIN = 'Expected an origin like https://chat.example.com';

/** The `server` section of the configuration: where clients are taken in. */
export const serverSchema = z
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
