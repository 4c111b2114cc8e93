import type { HttpBindings } from '@hono/node-server';
import { createRoute, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { AdminError, errorSchema } from './admin-error.js';
import type { Role } from './admin-options.js';
import type { AuditEntry } from './audit-log.js';
import { mayAct, type Principal } from './principal.js';

/** What a request carries through its handlers. */
export interface AdminEnv {
  readonly Bindings: HttpBindings;
  readonly Variables: {
    principal: Principal;
    /** Set by an operation that changes something. */
    audit: Pick<AuditEntry, 'action' | 'target'>;
  };
}

export type AdminApp = OpenAPIHono<AdminEnv>;

/** How somebody may say who they are; the app registers both schemes. */
export const SECURITY = [{ bearer: [] }, { session: [] }];

type Request = NonNullable<RouteConfig['request']>;

/** An operation of the API: who may call it, and what it takes and answers, for the checks and for the OpenAPI document alike. */
export function operation<
  const Method extends 'get' | 'post' | 'delete',
  const Path extends string,
  Answer extends z.ZodType,
  const Ask extends Request = Record<never, never>,
>(definition: {
  readonly method: Method;
  readonly path: Path;
  readonly role: Role;
  readonly tag: string;
  readonly summary: string;
  readonly request?: Ask;
  readonly answer: Answer;
}) {
  const { method, path, role, tag, summary, answer } = definition;
  return createRoute({
    method,
    path,
    tags: [tag],
    summary,
    description: `Role: ${role}.`,
    security: SECURITY,
    middleware: [allow(role)] as const,
    // what nobody knows is refused, not passed over: a misspelt option must not mean its default
    request: { query: z.strictObject({}), ...definition.request } as unknown as Ask,
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: answer } } },
      ...refusals({ method, path, body: definition.request?.body !== undefined }),
    },
  });
}

/** What may be answered instead. Handlers throw it, so that their types need not know of each. */
function refusals({ method, path, body }: { readonly method: string; readonly path: string; readonly body: boolean }) {
  const content = { 'application/json': { schema: errorSchema } };
  const described: Readonly<Record<number, string>> = {
    400: 'Something in the request is not valid; `field` names it.',
    401: 'No key or token, or one that is not valid here.',
    403: 'The role does not suffice, or the request comes from a strange page.',
    ...(path.includes('{') || path.endsWith('/entry') ? { 404: 'There is no such thing.' } : {}),
    ...(method === 'post' ? { 409: 'Refused in the state that things are in; the message says why, and what to do.' } : {}),
    ...(body ? { 413: 'The body is too large.', 415: 'The body is not said to be JSON.' } : {}),
    429: 'Too many requests, or wrong keys, from this address.',
    503: "The keys of the token's issuer cannot be had.",
  };
  return Object.fromEntries(Object.entries(described).map(([status, description]) => [status, { description, content }])) as unknown as {
    readonly default: { readonly description: string; readonly content: typeof content };
  };
}

/** Lets through who has at least that role. */
export function allow(role: Role): MiddlewareHandler<AdminEnv> {
  return async (context, next) => {
    const principal = context.get('principal');
    if (mayAct(principal.role, role)) return next();
    throw new AdminError(403, 'forbidden', `This takes the role ${role}; "${principal.name}" has ${principal.role}.`);
  };
}

/** JSON in a request's body; required. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** How lists are asked for in pages. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100).openapi({ description: 'How many at most.' }),
  offset: z.coerce.number().int().min(0).default(0).openapi({ description: 'How many to leave out first.' }),
});

/** One page of a list, and how long the whole list is. */
export function pageOf<Item>(items: readonly Item[], { limit, offset }: z.output<typeof pageQuery>): { total: number; items: Item[] } {
  return { total: items.length, items: items.slice(offset, offset + limit) };
}

export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ total: z.number().openapi({ description: 'Items in the whole list.' }), items: z.array(item) });
}
