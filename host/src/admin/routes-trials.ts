import { z } from '@hono/zod-openapi';
import { AdminError } from './admin-error.js';
import type { AdminHost } from './admin-host.js';
import { type AdminApp, jsonBody, operation } from './operation.js';
import { digest, pluginLookup, pluginPlace, useField } from './plugin-lookup.js';
import { pluginSchema } from './plugin-view.js';
import { mayAct, type Principal } from './principal.js';
import { trialDetail, trialDetailSchema } from './trial-view.js';

const candidate = {
  use: useField,
  sha256: digest.optional().openapi({ description: 'A version of the history instead.' }),
  approve: z.boolean().default(false).openapi({ description: 'Agree to what it asks for beyond what was approved; takes the role admin.' }),
};
const percent = z.number().min(0).max(100).openapi({ description: 'Of the connections.' });

/** Versions that are tried beside the running ones. */
export function addTrialRoutes(app: AdminApp, host: AdminHost): void {
  const { find, change } = pluginLookup(host);

  const show = operation({
    method: 'get',
    path: '/plugins/{route}/{name}/trial',
    role: 'operator',
    tag: 'plugins',
    summary: 'The version that is tried, or was last, with frames on which it and the running one differ',
    request: { params: pluginPlace },
    answer: trialDetailSchema,
  });
  app.openapi(show, (context) => context.json(trialDetail(find(context.req.valid('param')).status.trial), 200));

  const shadow = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/shadow',
    role: 'operator',
    tag: 'plugins',
    summary: 'Have a version see live frames beside the running one, and compare what it says, without any effect',
    request: {
      params: pluginPlace,
      body: jsonBody(
        z.strictObject({
          ...candidate,
          percent: percent.default(100),
          http: z.boolean().default(false).openapi({ description: 'Let it send HTTP requests of its own.' }),
        }),
      ),
    },
    answer: pluginSchema,
  });
  app.openapi(shadow, async (context) => {
    const where = context.req.valid('param');
    const { use, sha256, approve, percent, http } = context.req.valid('json');
    const source = { ...(use === undefined ? {} : { use }), ...(sha256 === undefined ? {} : { sha256 }) };
    context.set('audit', { action: 'plugin.shadow', target: { ...where, ...source, percent, http, approve } });
    refuseApproval(context.get('principal'), approve);
    const options = { percent, http, approved: approve };
    return context.json(await change(where, () => host.plugins.route(where.route).shadow(where.name, source, options)), 200);
  });

  const canary = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/canary',
    role: 'operator',
    tag: 'plugins',
    summary:
      'Have a version run for a share of the connections; of the one that is tried already, change the share. 100: swap it in for everybody',
    request: { params: pluginPlace, body: jsonBody(z.strictObject({ ...candidate, percent: percent.default(1) })) },
    answer: pluginSchema,
  });
  app.openapi(canary, async (context) => {
    const where = context.req.valid('param');
    const { use, sha256, approve, percent } = context.req.valid('json');
    const source = { ...(use === undefined ? {} : { use }), ...(sha256 === undefined ? {} : { sha256 }) };
    context.set('audit', { action: 'plugin.canary', target: { ...where, ...source, percent, approve } });
    refuseApproval(context.get('principal'), approve);
    const how = { percent, approved: approve };
    return context.json(await change(where, () => host.plugins.canary(where.route, where.name, source, how)), 200);
  });

  const promote = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/promote',
    role: 'operator',
    tag: 'plugins',
    summary: 'Swap in the version that is tried, for everybody',
    request: { params: pluginPlace },
    answer: pluginSchema,
  });
  app.openapi(promote, async (context) => {
    const where = context.req.valid('param');
    context.set('audit', { action: 'plugin.promote', target: where });
    return context.json(await change(where, () => host.plugins.promote(where.route, where.name)), 200);
  });

  const abandon = operation({
    method: 'post',
    path: '/plugins/{route}/{name}/abandon',
    role: 'operator',
    tag: 'plugins',
    summary: 'End a trial; the running version goes on for everybody',
    request: { params: pluginPlace },
    answer: pluginSchema,
  });
  app.openapi(abandon, async (context) => {
    const where = context.req.valid('param');
    context.set('audit', { action: 'plugin.abandon', target: where });
    return context.json(await change(where, () => host.plugins.route(where.route).abandon(where.name)), 200);
  });
}

/** What a plugin may do is for an admin to agree to, in trials too. */
function refuseApproval({ name, role }: Principal, approve: boolean): void {
  if (approve && !mayAct(role, 'admin')) {
    throw new AdminError(403, 'forbidden', `To approve what a version asks for takes the role admin; "${name}" has ${role}.`);
  }
}
