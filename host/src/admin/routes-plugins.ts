import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { PluginSpec } from '../engine/engine.js';
import { notFound } from './admin-error.js';
import type { AdminHost, AdminRoute } from './admin-host.js';
import { maskSecrets } from './mask-secrets.js';
import { type AdminApp, operation } from './operation.js';

const pluginSchema = z
  .object({
    route: z.string(),
    name: z.string(),
    version: z.string().optional(),
    origin: z.string().openapi({ description: 'Where its file is.' }),
    sha256: z.string(),
    bytes: z.number(),
    abi: z.enum(['framegate', 'otoroshi']),
    hooks: z.array(z.string()),
    capabilities: z.unknown().optional(),
    config: z.unknown().openapi({ description: 'Defaults filled in, secrets masked.' }),
    limits: z.unknown(),
    onFault: z.enum(['open', 'closed']),
    rejectStrategy: z.enum(['drop', 'close']),
    quarantinedUntil: z.number().optional(),
    stateBytes: z.number(),
    verdicts: z.record(z.string(), z.number()).openapi({ description: 'Other than a plain pass, by kind.' }),
    faults: z.record(z.string(), z.number()).openapi({ description: 'By code.' }),
    kills: z.number().openapi({ description: 'Threads killed for it, in all routes.' }),
    calls: z.array(z.object({ hook: z.string(), count: z.number(), meanMs: z.number() })),
  })
  .openapi('Plugin');

const place = z.object({ route: z.string().min(1), name: z.string().min(1) });

/** The plugins of every route. What a hot swap adds has its place below /plugins/{route}/{name}. */
export function addPluginRoutes(app: AdminApp, host: AdminHost): void {
  const hashes = new Map<PluginSpec, string>();
  const hashOf = (spec: PluginSpec): string => {
    const hash = hashes.get(spec) ?? createHash('sha256').update(spec.wasm).digest('hex');
    hashes.set(spec, hash);
    return hash;
  };

  const describe = (route: AdminRoute, spec: PluginSpec): z.output<typeof pluginSchema> => {
    const { name, manifest, origin, wasm, config, limits, policy } = spec;
    const health = route.chain?.health().find((plugin) => plugin.name === name);
    const counts = host.traffic.routes.get(route.name)?.plugins.get(name);
    const verdicts: Record<string, number> = {};
    for (const kinds of counts?.verdicts.values() ?? []) {
      for (const [kind, count] of Object.entries(kinds)) verdicts[kind] = (verdicts[kind] ?? 0) + count;
    }
    return {
      route: route.name,
      name,
      ...(manifest === undefined ? {} : { version: manifest.version, capabilities: manifest.capabilities }),
      origin,
      sha256: hashOf(spec),
      bytes: wasm.length,
      abi: manifest === undefined ? 'otoroshi' : 'framegate',
      hooks: [...(health?.hooks ?? [])],
      config: maskSecrets(config),
      limits,
      ...policy,
      ...(health?.quarantinedUntil === undefined ? {} : { quarantinedUntil: health.quarantinedUntil }),
      stateBytes: host.state.bytes(name),
      verdicts,
      faults: Object.fromEntries(counts?.faults ?? []),
      kills: host.engine.kills.get(name) ?? 0,
      calls: (health?.latencies ?? []).map(({ hook, count, sumMs }) => ({ hook, count, meanMs: count === 0 ? 0 : sumMs / count })),
    };
  };
  const find = ({ route, name }: z.output<typeof place>): { readonly at: AdminRoute; readonly spec: PluginSpec } => {
    const at = host.routes.find((candidate) => candidate.name === route);
    const spec = at?.plugins.find((candidate) => candidate.name === name);
    if (at === undefined || spec === undefined) throw notFound(`plugin "${name}" at the route "${route}"`);
    return { at, spec };
  };

  const list = operation({
    method: 'get',
    path: '/plugins',
    role: 'viewer',
    tag: 'plugins',
    summary: "Every route's plugins, in the order of their chains",
    answer: z.object({ items: z.array(pluginSchema) }),
  });
  app.openapi(list, (context) =>
    context.json({ items: host.routes.flatMap((route) => route.plugins.map((spec) => describe(route, spec))) }, 200),
  );

  const get = operation({
    method: 'get',
    path: '/plugins/{route}/{name}',
    role: 'viewer',
    tag: 'plugins',
    summary: 'One plugin',
    request: { params: place },
    answer: pluginSchema,
  });
  app.openapi(get, (context) => {
    const { at, spec } = find(context.req.valid('param'));
    return context.json(describe(at, spec), 200);
  });

  const reset = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/reset',
    role: 'operator',
    tag: 'plugins',
    summary: "End a plugin's quarantine and forget its faults",
    request: { params: place },
    answer: pluginSchema,
  });
  app.openapi(reset, (context) => {
    const asked = context.req.valid('param');
    context.set('audit', { action: 'plugin.reset', target: asked });
    const { at, spec } = find(asked);
    at.chain?.pardon(spec.name);
    return context.json(describe(at, spec), 200);
  });
}
