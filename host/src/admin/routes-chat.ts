import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { parseAddressRange } from '../chat/address-range.js';
import type { Ban, BanSubject } from '../chat/bans.js';
import type { ChatControl } from '../chat/chat-control.js';
import { AdminError, notFound, unknownRoute } from './admin-error.js';
import type { AdminHost } from './admin-host.js';
import { refuse } from './host-refusal.js';
import { type AdminApp, jsonBody, operation, pageOf, pageQuery, pageSchema } from './operation.js';

const MAX_EXPIRY_MS = 10 * 365 * 86_400_000;

const roomSchema = z
  .object({ route: z.string(), name: z.string(), members: z.number(), configured: z.boolean(), messages: z.number() })
  .openapi('Room');
const memberSchema = z.object({ id: z.string(), name: z.string() });
const userSchema = z
  .object({
    route: z.string(),
    id: z.string().openapi({ description: "The connection's id." }),
    name: z.string(),
    room: z.string().optional(),
    address: z.string(),
    account: z.string().optional(),
    banned: z.boolean(),
    muted: z.boolean(),
  })
  .openapi('User');
const banSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['ban', 'mute']),
    subject: z.object({ by: z.enum(['name', 'address', 'user']), value: z.string() }),
    reason: z.string(),
    createdBy: z.string(),
    createdAt: z.number(),
    expiresAt: z.number().optional(),
  })
  .openapi('Ban');
const banBody = z
  .strictObject({
    kind: banSchema.shape.kind,
    subject: z.strictObject({ by: z.enum(['name', 'address', 'user']), value: z.string().trim().min(1).max(256) }),
    reason: z.string().max(200).default('').openapi({ description: 'Shown to whom it concerns.' }),
    expiresInMs: z.number().int().min(1).max(MAX_EXPIRY_MS).optional().openapi({ description: 'Absent: for good.' }),
  })
  .openapi('NewBan');

const roomParams = z.object({ route: z.string().min(1), room: z.string().min(1) });

/** Rooms and users of the chats, and who may not be there or not speak. */
export function addChatRoutes(app: AdminApp, host: AdminHost): void {
  // they come and go with the configuration
  const chats = () => host.routes.flatMap(({ name, chat }) => (chat === undefined ? [] : [{ route: name, chat }]));
  const chatOf = (route: string): ChatControl => {
    const found = chats().find((entry) => entry.route === route)?.chat;
    if (found === undefined && !host.routes.some(({ name }) => name === route)) throw unknownRoute(route, host.routes);
    if (found === undefined) throw notFound(`chat at the route "${route}"`);
    return found;
  };

  // names are the chats' own; addresses and users are banned on every route
  const enforce = (): number => chats().reduce((sum, { chat }) => sum + chat.enforceBans(), 0) + host.enforceBans();

  const rooms = operation({
    method: 'get',
    path: '/rooms',
    role: 'viewer',
    tag: 'chat',
    summary: 'Rooms of all chats',
    request: { query: pageQuery },
    answer: pageSchema(roomSchema),
  });
  app.openapi(rooms, (context) => {
    const all = chats().flatMap(({ route, chat }) => chat.rooms().map((room) => ({ route, ...room })));
    return context.json(pageOf(all, context.req.valid('query')), 200);
  });

  const members = operation({
    method: 'get',
    path: '/rooms/{route}/{room}/members',
    role: 'viewer',
    tag: 'chat',
    summary: 'Who is in a room',
    request: { params: roomParams, query: pageQuery },
    answer: pageSchema(memberSchema),
  });
  app.openapi(members, (context) => {
    const { route, room } = context.req.valid('param');
    const inside = chatOf(route).members(room);
    if (inside === undefined) throw notFound(`room "${room}"`);
    const { total, items } = pageOf(inside, context.req.valid('query'));
    return context.json({ total, items }, 200);
  });

  const remove = operation({
    method: 'delete',
    path: '/rooms/{route}/{room}',
    role: 'operator',
    tag: 'chat',
    summary: 'Put everybody out of a room and forget what was said there; a configured room stays, empty',
    request: { params: roomParams },
    answer: z.object({ expelled: z.number() }),
  });
  app.openapi(remove, (context) => {
    const { route, room } = context.req.valid('param');
    context.set('audit', { action: 'room.delete', target: { route, room } });
    const expelled = chatOf(route).deleteRoom(room);
    if (expelled === undefined) throw notFound(`room "${room}"`);
    return context.json({ expelled }, 200);
  });

  const users = operation({
    method: 'get',
    path: '/users',
    role: 'viewer',
    tag: 'chat',
    summary: 'Who is in the chats',
    request: { query: pageQuery.extend({ name: z.string().optional() }) },
    answer: pageSchema(userSchema),
  });
  app.openapi(users, (context) => {
    const { name, ...page } = context.req.valid('query');
    const all = chats().flatMap(({ route, chat }) => chat.users().map((user) => ({ route, ...user })));
    const { total, items } = pageOf(name === undefined ? all : all.filter((user) => user.name === name), page);
    const applies = (kind: Ban['kind'], user: (typeof all)[number]): boolean =>
      host.bans.find(kind, { name: user.name, address: user.address, user: user.account ?? user.id }, host.now()) !== undefined;
    return context.json(
      { total, items: items.map((user) => ({ ...user, banned: applies('ban', user), muted: applies('mute', user) })) },
      200,
    );
  });

  const bans = operation({
    method: 'get',
    path: '/bans',
    role: 'viewer',
    tag: 'chat',
    summary: 'Bans and mutes that are not over, oldest first',
    request: { query: pageQuery },
    answer: pageSchema(banSchema),
  });
  app.openapi(bans, (context) => context.json(pageOf(host.bans.list(host.now()), context.req.valid('query')), 200));

  const add = operation({
    method: 'post',
    path: '/bans',
    role: 'operator',
    tag: 'chat',
    summary:
      'Ban or mute by name, address or range of addresses (CIDR), or user; whoever is banned and there is closed at once. Replaces one for the same subject',
    request: { body: jsonBody(banBody) },
    answer: z.object({ ban: banSchema, closed: z.number().openapi({ description: 'Connections that it ended.' }) }),
  });
  app.openapi(add, async (context) => {
    const { expiresInMs, subject, ...asked } = context.req.valid('json');
    const now = host.now();
    const expiry = expiresInMs === undefined ? {} : { expiresAt: now + expiresInMs };
    const ban: Ban = {
      id: randomUUID(),
      ...asked,
      subject: checked(subject),
      createdBy: context.get('principal').name,
      createdAt: now,
      ...expiry,
    };
    const { by, value } = ban.subject;
    context.set('audit', { action: `${ban.kind}.add`, target: { id: ban.id, by, value, reason: ban.reason, ...expiry } });
    if (!host.bans.add(ban, now))
      throw new AdminError(409, 'full', 'There are as many bans as there may be; remove one, or raise bans.max.');
    const closed = ban.kind === 'ban' ? enforce() : 0;
    await host.bans.saved().catch(refuse);
    return context.json({ ban, closed }, 200);
  });

  const lift = operation({
    method: 'delete',
    path: '/bans/{id}',
    role: 'operator',
    tag: 'chat',
    summary: 'Lift a ban or a mute',
    request: { params: z.object({ id: z.string().min(1) }) },
    answer: z.object({ removed: banSchema }),
  });
  app.openapi(lift, async (context) => {
    const { id } = context.req.valid('param');
    context.set('audit', { action: 'ban.remove', target: { id } });
    const removed = host.bans.remove(id);
    if (removed === undefined) throw notFound(`ban "${id}"`);
    context.set('audit', { action: `${removed.kind}.remove`, target: { id, ...removed.subject } });
    await host.bans.saved().catch(refuse);
    return context.json({ removed }, 200);
  });
}

/** An address, or a range of them, in the one way that it is written here. */
function checked({ by, value }: BanSubject): BanSubject {
  if (by !== 'address') return { by, value };
  const range = parseAddressRange(value);
  if (range !== undefined) return { by, value: range.text };
  const message = `subject.value: "${value}" is no IP address and no range such as 192.0.2.0/24 or 2001:db8::/32.`;
  throw new AdminError(400, 'invalid', message, 'subject.value');
}
