import type { Context, Next } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Tracer } from '../telemetry/tracer.js';
import { AdminError } from './admin-error.js';
import type { AdminEnv } from './operation.js';

/** Has one admin request in a span: which operation, for whom, with what result; never what came with it. */
export async function inRequestSpan(tracer: Tracer, context: Context<AdminEnv>, next: Next): Promise<void> {
  const { method } = context.req;
  const path = matchedRoutes(context).at(-1)?.path ?? context.req.path;
  const caller = { traceparent: context.req.header('traceparent'), tracestate: context.req.header('tracestate') };
  const attributes = { 'http.request.method': method, 'http.route': path };
  const span = tracer.start({ name: `admin ${method} ${path}`, kind: 'server', caller, attributes });
  let status = 500;
  try {
    await next();
    status = context.res.status;
  } catch (error) {
    if (error instanceof AdminError) status = error.status;
    throw error;
  } finally {
    const principal = context.get('principal') as AdminEnv['Variables']['principal'] | undefined;
    span.set({
      'http.response.status_code': status,
      ...(principal && { 'framegate.actor': principal.name, 'framegate.role': principal.role }),
    });
    if (status >= 500) span.fail(`status ${status}`);
    span.end();
  }
}
