import { z } from '@hono/zod-openapi';
import { fitCloseReason, isSendableCloseCode, MAX_CLOSE_REASON_BYTES } from '../close-frame.js';
import type { ConnectionView } from '../gateway/connection-view.js';
import { notFound } from './admin-error.js';
import type { AdminHost } from './admin-host.js';
import { type AdminApp, jsonBody, operation, pageOf, pageQuery, pageSchema } from './operation.js';

const connectionSchema = z
  .object({
    id: z.string(),
    route: z.string(),
    state: z.enum(['connecting', 'open', 'closing', 'closed']),
    remoteAddress: z.string(),
    user: z.object({ id: z.string(), name: z.string().optional() }).optional(),
    room: z.string().optional(),
    path: z.string(),
    connectedAt: z.number(),
    requests: z.number().openapi({ description: 'Frames that came from the client.' }),
    responses: z.number().openapi({ description: 'Frames that came from the backend.' }),
    pendingBytes: z.number(),
    queuedBytes: z.number(),
  })
  .openapi('Connection');

const idParam = z.object({
  id: z
    .string()
    .min(1)
    .openapi({ param: { name: 'id', in: 'path' } }),
});

const kickBody = z.strictObject({
  code: z.number().int().refine(isSendableCloseCode, 'Expected a close code that an endpoint may send, such as 1008 or 4000').default(1008),
  reason: z.string().max(MAX_CLOSE_REASON_BYTES).default('closed by an operator'),
});

/** The clients, one by one. */
export function addConnectionRoutes(app: AdminApp, host: AdminHost): void {
  const find = (id: string): ConnectionView => {
    for (const connection of host.directory.connections) if (connection.context.id === id) return connection;
    throw notFound(`connection "${id}"`);
  };

  const list = operation({
    method: 'get',
    path: '/connections',
    role: 'viewer',
    tag: 'connections',
    summary: 'Connections, oldest first',
    request: {
      query: pageQuery.extend({
        route: z.string().optional(),
        room: z.string().optional(),
        address: z.string().optional(),
        user: z.string().optional().openapi({ description: "The user's id or name." }),
      }),
    },
    answer: pageSchema(connectionSchema),
  });
  app.openapi(list, (context) => {
    const { route, room, address, user, ...page } = context.req.valid('query');
    const wanted = [...host.directory.connections].filter(
      ({ context: { route: at, room: inside, remoteAddress, user: who } }) =>
        (route === undefined || at === route) &&
        (room === undefined || inside === room) &&
        (address === undefined || remoteAddress === address) &&
        (user === undefined || who?.id === user || who?.name === user),
    );
    const { total, items } = pageOf(wanted, page);
    return context.json({ total, items: items.map(describe) }, 200);
  });

  const get = operation({
    method: 'get',
    path: '/connections/{id}',
    role: 'viewer',
    tag: 'connections',
    summary: 'One connection',
    request: { params: idParam },
    answer: connectionSchema,
  });
  app.openapi(get, (context) => context.json(describe(find(context.req.valid('param').id)), 200));

  const kick = operation({
    method: 'post',
    path: '/connections/{id}/kick',
    role: 'operator',
    tag: 'connections',
    summary: 'Close a connection, after what has been sent to it',
    request: { params: idParam, body: jsonBody(kickBody) },
    answer: z.object({ kicked: z.string() }),
  });
  app.openapi(kick, (context) => {
    const { id } = context.req.valid('param');
    const { code, reason } = context.req.valid('json');
    context.set('audit', { action: 'connection.kick', target: { id, code, reason } });
    find(id).close({ code, reason: fitCloseReason(reason) });
    return context.json({ kicked: id }, 200);
  });
}

function describe({ context, state, meter, pendingBytes, queuedBytes }: ConnectionView): z.output<typeof connectionSchema> {
  const { id, route, remoteAddress, user, room, path, connectedAt } = context;
  return {
    id,
    route,
    state,
    remoteAddress,
    ...(user === undefined ? {} : { user: { id: user.id, ...(user.name === undefined ? {} : { name: user.name }) } }),
    ...(room === undefined ? {} : { room }),
    // a query may have a token in it
    path: path.split('?', 1)[0] ?? '/',
    connectedAt,
    requests: meter.requests,
    responses: meter.responses,
    pendingBytes,
    queuedBytes,
  };
}
