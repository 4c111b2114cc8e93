import { z } from '@hono/zod-openapi';
import type { AdminHost } from './admin-host.js';
import type { AuditLog } from './audit-log.js';
import { refuse } from './host-refusal.js';
import { maskSecrets } from './mask-secrets.js';
import { type AdminApp, operation } from './operation.js';

const drainSchema = z
  .object({
    phase: z.enum(['serving', 'announced', 'closing', 'closed']),
    startedAt: z.number().optional(),
    cutOffAt: z.number().optional(),
    total: z.number(),
    remaining: z.number(),
  })
  .openapi('Drain');

const pluginPlaceSchema = z.object({ name: z.string(), version: z.string().optional() });

/** The host as a whole: what runs, its configuration, its end, and who changed what. */
export function addHostRoutes(app: AdminApp, host: AdminHost, audit: AuditLog): void {
  const status = operation({
    method: 'get',
    path: '/status',
    role: 'viewer',
    tag: 'host',
    summary: 'What this host is and how it fares',
    answer: z
      .object({
        version: z.string(),
        node: z.string(),
        pid: z.number(),
        startedAt: z.number(),
        uptimeMs: z.number(),
        drain: drainSchema,
        connections: z.number(),
        routes: z.number(),
        quarantined: z.array(z.object({ route: z.string(), plugin: z.string(), until: z.number() })),
        memoryBytes: z.number(),
        engine: z.object({ started: z.number(), killed: z.number(), died: z.number() }),
      })
      .openapi('Status'),
  });
  app.openapi(status, (context) => {
    const { version, startedAt, engine } = host;
    const quarantined = host.routes.flatMap(({ name: route, chain }) =>
      (chain?.health() ?? []).flatMap(({ name: plugin, quarantinedUntil: until }) =>
        until === undefined ? [] : [{ route, plugin, until }],
      ),
    );
    return context.json(
      {
        version,
        node: process.version,
        pid: process.pid,
        startedAt,
        uptimeMs: host.now() - startedAt,
        drain: host.drainStatus(),
        connections: [...host.directory.connections].length,
        routes: host.routes.length,
        quarantined,
        memoryBytes: process.memoryUsage.rss(),
        engine: { started: engine.started, killed: [...engine.kills.values()].reduce((sum, kills) => sum + kills, 0), died: engine.died },
      },
      200,
    );
  });

  const routes = operation({
    method: 'get',
    path: '/routes',
    role: 'viewer',
    tag: 'host',
    summary: 'The routes, most of it as configured',
    answer: z.object({
      items: z.array(
        z
          .object({
            name: z.string(),
            host: z.string().optional(),
            path: z.string(),
            backend: z.enum(['chat', 'upstream']),
            plugins: z.array(pluginPlaceSchema),
            connections: z.number(),
          })
          .openapi('Route'),
      ),
    }),
  });
  app.openapi(routes, (context) => {
    const connections = [...host.directory.connections];
    const plugins = host.plugins.list();
    const items = host.routes.map(({ name, host: hostName, path, backend }) => ({
      name,
      ...(hostName === undefined ? {} : { host: hostName }),
      path,
      backend,
      plugins: (plugins.get(name) ?? []).map(({ name: plugin, version }) => ({
        name: plugin,
        ...(version === undefined ? {} : { version }),
      })),
      connections: connections.filter((connection) => connection.context.route === name).length,
    }));
    return context.json({ items }, 200);
  });

  const config = operation({
    method: 'get',
    path: '/config',
    role: 'admin',
    tag: 'host',
    summary: 'The configuration in effect, defaults filled in and secrets masked',
    answer: z.record(z.string(), z.unknown()).openapi('Config'),
  });
  app.openapi(config, (context) => context.json(maskSecrets(host.config) as Record<string, unknown>, 200));

  const reload = operation({
    method: 'post',
    path: '/config/reload',
    role: 'admin',
    tag: 'host',
    summary: 'Read the configuration file again and apply it, whole or not at all; connections stay',
    answer: z
      .object({
        changes: z.array(z.string()).openapi({ description: 'What is different now, in words.' }),
        last: z
          .object({ at: z.number(), changes: z.array(z.string()) })
          .optional()
          .openapi({ description: 'The last reload that changed something, this one included: the file is watched, too.' }),
      })
      .openapi('Reload'),
  });
  app.openapi(reload, async (context) => {
    context.set('audit', { action: 'config.reload', target: {} });
    const changes = await host.reload().catch(refuse);
    const last = host.lastReload();
    return context.json(
      { changes: [...changes], ...(last === undefined ? {} : { last: { at: last.at, changes: [...last.changes] } }) },
      200,
    );
  });

  const drain = { path: '/drain', tag: 'host', answer: drainSchema } as const;
  app.openapi(operation({ ...drain, method: 'get', role: 'viewer', summary: 'How far a graceful stop has come' }), (context) =>
    context.json(host.drainStatus(), 200),
  );
  app.openapi(operation({ ...drain, method: 'post', role: 'admin', summary: 'Stop gracefully; cannot be taken back' }), (context) => {
    context.set('audit', { action: 'host.drain', target: {} });
    host.startDrain();
    return context.json(host.drainStatus(), 200);
  });

  const auditRoute = operation({
    method: 'get',
    path: '/audit',
    role: 'viewer',
    tag: 'host',
    summary: 'The latest changes that operators made, newest first',
    request: { query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }) },
    answer: z.object({
      items: z.array(
        z
          .object({
            at: z.string(),
            actor: z.string(),
            role: z.string(),
            via: z.string(),
            address: z.string(),
            action: z.string(),
            target: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
            status: z.number(),
            reason: z.string().optional(),
          })
          .openapi('AuditEntry'),
      ),
    }),
  });
  app.openapi(auditRoute, (context) => context.json({ items: audit.latest(context.req.valid('query').limit) }, 200));
}
