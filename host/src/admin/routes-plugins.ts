import { z } from '@hono/zod-openapi';
import type { AdminHost } from './admin-host.js';
import { type AdminApp, jsonBody, operation } from './operation.js';
import { digest, pluginLookup, pluginPlace, useField } from './plugin-lookup.js';
import { pluginSchema, pluginView } from './plugin-view.js';

/** The plugins of every route, and their versions. */
export function addPluginRoutes(app: AdminApp, host: AdminHost): void {
  const { find, change } = pluginLookup(host);

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
    request: { params: pluginPlace },
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
    request: { params: pluginPlace },
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
    summary: "Read a plugin's file again, or another one from now on, and swap it in if it is new and good",
    request: { params: pluginPlace, body: { ...jsonBody(z.strictObject({ use: useField })), required: false } },
    answer: pluginSchema,
  });
  app.openapi(load, async (context) => {
    const where = context.req.valid('param');
    const { use } = context.req.valid('json');
    const options = use === undefined ? {} : { use };
    context.set('audit', { action: 'plugin.load', target: { ...where, ...options } });
    return context.json(await change(where, () => host.plugins.load(where.route, where.name, options)), 200);
  });

  const approve = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/approve',
    role: 'admin',
    tag: 'plugins',
    summary: 'Agree to what the waiting version asks for, and swap it in',
    request: { params: pluginPlace, body: jsonBody(z.strictObject({ sha256: digest })) },
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
    request: { params: pluginPlace, body: jsonBody(z.strictObject({ sha256: digest.optional() })) },
    answer: pluginSchema,
  });
  app.openapi(rollback, async (context) => {
    const where = context.req.valid('param');
    const { sha256 } = context.req.valid('json');
    context.set('audit', { action: 'plugin.rollback', target: { ...where, ...(sha256 === undefined ? {} : { sha256 }) } });
    const view = await change(where, () => host.plugins.route(where.route).rollback(where.name, sha256));
    context.set('audit', { action: 'plugin.rollback', target: { ...where, sha256: view.sha256 } });
    return context.json(view, 200);
  });

  for (const enabled of [true, false]) {
    const action = enabled ? 'enable' : 'disable';
    const enable = operation({
      method: 'post',
      path: `/plugins/{route}/{name}/${action}`,
      role: 'operator',
      tag: 'plugins',
      summary: enabled ? 'Put a plugin back into its chain' : 'Take a plugin out of its chain; its state stays',
      request: { params: pluginPlace },
      answer: pluginSchema,
    });
    app.openapi(enable, async (context) => {
      const where = context.req.valid('param');
      context.set('audit', { action: `plugin.${action}`, target: where });
      return context.json(await change(where, () => host.plugins.route(where.route).setEnabled(where.name, enabled)), 200);
    });
  }
}
