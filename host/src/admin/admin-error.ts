import { z } from '@hono/zod-openapi';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** What the API answers instead of what was asked for. `field` names what is wrong with the request. */
export class AdminError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly field: string | undefined;

  constructor(status: ContentfulStatusCode, code: string, message: string, field?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AdminError';
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      field: z.string().optional().openapi({ description: 'What is wrong in a request: its place, such as `expiresInMs`.' }),
    }),
  })
  .openapi('Error');

export function notFound(what: string): AdminError {
  return new AdminError(404, 'not_found', `There is no ${what}.`);
}

/** `routes`: those that there are. */
export function unknownRoute(name: string, routes: readonly { readonly name: string }[]): AdminError {
  return new AdminError(404, 'not_found', `There is no route "${name}". Routes: ${routes.map((route) => route.name).join(', ')}.`);
}
