import { STATE_SCOPES } from '@framegate/sdk/abi';
import { z } from '@hono/zod-openapi';
import type { StateEntry, StateKey } from '../state/state-store.js';
import { notFound } from './admin-error.js';
import type { AdminHost } from './admin-host.js';
import { type AdminApp, operation, pageQuery, pageSchema } from './operation.js';

const PREVIEW_BYTES = 256;

const scope = z.enum(STATE_SCOPES);
const entrySchema = z
  .object({
    plugin: z.string(),
    scope,
    owner: z.string(),
    key: z.string(),
    bytes: z.number(),
    expiresAt: z.number().optional(),
    encoding: z.enum(['text', 'base64']),
    value: z.string(),
    truncated: z.boolean(),
  })
  .openapi('StateEntry');

const filterQuery = z.strictObject({
  plugin: z.string().min(1),
  scope: scope.optional(),
  owner: z.string().optional().openapi({ description: "The room's, user's or connection's id; empty in the scope plugin." }),
});
const keyQuery = z.strictObject({ plugin: z.string().min(1), scope, owner: z.string().default(''), key: z.string().min(1) });

/** What plugins remember. */
export function addStateRoutes(app: AdminApp, host: AdminHost): void {
  const list = operation({
    method: 'get',
    path: '/state',
    role: 'viewer',
    tag: 'state',
    summary: `Entries of one plugin's state; of a long value the first ${PREVIEW_BYTES} bytes`,
    request: { query: filterQuery.extend(pageQuery.shape) },
    answer: pageSchema(entrySchema).extend({ pluginBytes: z.number() }),
  });
  app.openapi(list, (context) => {
    const { limit, offset, ...filter } = context.req.valid('query');
    const items: z.output<typeof entrySchema>[] = [];
    let total = 0;
    for (const [key, entry] of host.state.entries(filterOf(filter), host.now())) {
      if (total >= offset && items.length < limit) items.push(describe(key, entry, PREVIEW_BYTES));
      total += 1;
    }
    return context.json({ total, items, pluginBytes: host.state.bytes(filter.plugin) }, 200);
  });

  const get = operation({
    method: 'get',
    path: '/state/entry',
    role: 'viewer',
    tag: 'state',
    summary: 'One entry, whole',
    request: { query: keyQuery },
    answer: entrySchema,
  });
  app.openapi(get, (context) => {
    const key = context.req.valid('query');
    const entry = host.state.get(key, host.now());
    if (entry === undefined) throw notFound(`state entry "${key.key}" of plugin "${key.plugin}"`);
    return context.json(describe(key, entry, Number.POSITIVE_INFINITY), 200);
  });

  const wipe = operation({
    method: 'delete',
    path: '/state',
    role: 'operator',
    tag: 'state',
    summary: "Forget a plugin's state: all of it, one scope, or one owner's",
    request: {
      query: filterQuery.refine(({ owner, scope: at }) => owner === undefined || at !== undefined, {
        path: ['scope'],
        error: 'is needed beside owner',
      }),
    },
    answer: z.object({ wiped: z.number() }),
  });
  app.openapi(wipe, (context) => {
    const filter = filterOf(context.req.valid('query'));
    context.set('audit', { action: 'state.wipe', target: filter });
    return context.json({ wiped: host.wipeState(filter) }, 200);
  });
}

function filterOf({ plugin, scope: at, owner }: z.output<typeof filterQuery>) {
  return { plugin, ...(at === undefined ? {} : { scope: at }), ...(owner === undefined ? {} : { owner }) };
}

function describe(key: StateKey, { value, expiresAt }: StateEntry, maxBytes: number): z.output<typeof entrySchema> {
  const shown = Buffer.from(value.subarray(0, Math.min(value.length, maxBytes)));
  const truncated = shown.length < value.length;
  const text = decode(shown, truncated);
  return {
    plugin: key.plugin,
    scope: key.scope,
    owner: key.owner,
    key: key.key,
    bytes: value.length,
    ...(expiresAt === 0 ? {} : { expiresAt }),
    encoding: text === undefined ? 'base64' : 'text',
    value: text ?? shown.toString('base64'),
    truncated,
  };
}

/** `undefined`: it is not UTF-8. A character that was cut is left out. */
function decode(bytes: Uint8Array, cut: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return undefined;
  }
}
