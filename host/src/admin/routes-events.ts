import { createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { AdminError, errorSchema } from './admin-error.js';
import type { AdminHost } from './admin-host.js';
import type { LiveFeed } from './live-feed.js';
import { type AdminApp, allow, SECURITY } from './operation.js';

/** Figures as they come, until who asks goes away or is logged in no longer. */
export function addEventRoutes(app: AdminApp, host: AdminHost, feed: LiveFeed): void {
  const events = createRoute({
    method: 'get',
    path: '/events',
    tags: ['host'],
    summary: 'Follow the host: server-sent events, a snapshot every half second at most',
    description: 'Role: viewer.',
    security: SECURITY,
    middleware: [allow('viewer')] as const,
    responses: {
      200: { description: 'Events named `snapshot`, with JSON.', content: { 'text/event-stream': { schema: z.string() } } },
      default: { description: 'Not done: 401, 403 or 429.', content: { 'application/json': { schema: errorSchema } } },
    },
  });
  app.openapi(events, (context) => {
    const subscription = feed.subscribe();
    if (subscription === undefined)
      throw new AdminError(429, 'too_many_streams', 'As many event streams are open as there may be; see admin.maxEventStreams.');
    const { expiresAt = Number.POSITIVE_INFINITY } = context.get('principal');
    return streamSSE(context, async (stream) => {
      stream.onAbort(() => subscription.end());
      for (let data = await subscription.next(); data !== undefined; data = await subscription.next()) {
        if (host.now() >= expiresAt) break;
        await stream.writeSSE({ event: 'snapshot', data });
      }
      subscription.end();
    });
  });
}
