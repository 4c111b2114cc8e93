import { z } from '@hono/zod-openapi';
import type { PluginStatus } from '../rollout/plugin-slot.js';
import { notFound } from './admin-error.js';
import type { AdminHost, AdminRoute } from './admin-host.js';
import { refuse } from './host-refusal.js';
import { type AdminApp, jsonBody, operation } from './operation.js';
import { pluginSchema, pluginView } from './plugin-view.js';

const place = z.object({ route: z.string().min(1), name: z.string().min(1) });
const digest = z.string().regex(/^[0-9a-f]{6,64}$/, 'Expected 6 to 64 hexadecimal digits');

/** The plugins of every route, and their versions. */
export function addPluginRoutes(app: AdminApp, host: AdminHost): void {
  const find = ({ route, name }: z.output<typeof place>): { readonly at: AdminRoute; readonly status: PluginStatus } => {
    const at = host.routes.find((candidate) => candidate.name === route);
    const status = host.plugins
      .list()
      .get(route)
      ?.find((candidate) => candidate.name === name);
    if (at === undefined || status === undefined) throw notFound(`plugin "${name}" at the route "${route}"`);
    return { at, status };
  };
  /** Changes a plugin, and shows it as it is then. */
  const change = async (where: z.output<typeof place>, work: () => Promise<unknown>): Promise<z.output<typeof pluginSchema>> => {
    find(where);
    await work().catch(refuse);
    const { at, status } = find(where);
    return pluginView(host, at, status);
  };

  const list = operation({
    method: 'get',
    path: '/plugins',
    role: 'viewer',
    tag: 'plugins',
    summary: "Every route's plugins, in the order of their chains",
    answer: z.object({ items: z.array(pluginSchema) }),
  });
  app.openapi(list, (context) => {
    const plugins = host.plugins.list();
    const items = host.routes.flatMap((route) => (plugins.get(route.name) ?? []).map((status) => pluginView(host, route, status)));
    return context.json({ items }, 200);
  });

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
    const { at, status } = find(context.req.valid('param'));
    return context.json(pluginView(host, at, status), 200);
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
    const where = context.req.valid('param');
    context.set('audit', { action: 'plugin.reset', target: where });
    const { at, status } = find(where);
    at.chain?.pardon(status.name);
    return context.json(pluginView(host, at, status), 200);
  });

  const load = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/load',
    role: 'operator',
    tag: 'plugins',
    summary: "Read a plugin's file again, and swap it in if it is new and good",
    request: { params: place },
    answer: pluginSchema,
  });
  app.openapi(load, async (context) => {
    const where = context.req.valid('param');
    context.set('audit', { action: 'plugin.load', target: where });
    return context.json(await change(where, () => host.plugins.load(where.route, where.name)), 200);
  });

  const approve = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/approve',
    role: 'admin',
    tag: 'plugins',
    summary: 'Agree to what the waiting version asks for, and swap it in',
    request: { params: place, body: jsonBody(z.object({ sha256: digest })) },
    answer: pluginSchema,
  });
  app.openapi(approve, async (context) => {
    const where = context.req.valid('param');
    const { sha256 } = context.req.valid('json');
    context.set('audit', { action: 'plugin.approve', target: { ...where, sha256 } });
    return context.json(await change(where, () => host.plugins.route(where.route).approve(where.name, sha256)), 200);
  });

  const rollback = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/rollback',
    role: 'operator',
    tag: 'plugins',
    summary: 'Restore an earlier version; by default the last one that did not fail',
    request: { params: place, body: jsonBody(z.object({ sha256: digest.optional() })) },
    answer: pluginSchema,
  });
  app.openapi(rollback, async (context) => {
    const where = context.req.valid('param');
    const { sha256 } = context.req.valid('json');
    context.set('audit', { action: 'plugin.rollback', target: { ...where, ...(sha256 === undefined ? {} : { sha256 }) } });
    return context.json(await change(where, () => host.plugins.route(where.route).rollback(where.name, sha256)), 200);
  });

  for (const enabled of [true, false]) {
    const action = enabled ? 'enable' : 'disable';
    const enable = operation({
      method: 'post',
      path: `/plugins/{route}/{name}/${action}`,
      role: 'operator',
      tag: 'plugins',
      summary: enabled ? 'Put a plugin back into its chain' : 'Take a plugin out of its chain; its state stays',
      request: { params: place },
      answer: pluginSchema,
    });
    app.openapi(enable, async (context) => {
      const where = context.req.valid('param');
      context.set('audit', { action: `plugin.${action}`, target: where });
      return context.json(await change(where, () => host.plugins.route(where.route).setEnabled(where.name, enabled)), 200);
    });
  }
}
