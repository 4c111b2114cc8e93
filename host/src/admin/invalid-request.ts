import type { z } from '@hono/zod-openapi';
import { expectation } from '../config/config-problem.js';
import { AdminError } from './admin-error.js';

/** A part of a request that is not as its schema says. */
interface Refused {
  /** `query`, `param` or `json`. */
  readonly target: string;
  readonly error: Pick<z.core.$ZodError, 'issues'>;
}

/** What the API answers to it: which field, and what it has to be. The value that came is not shown, it may be a secret. */
export function invalidRequest({ target, error }: Refused): AdminError {
  const [issue] = error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...(issue?.path ?? []), ...unknown].join('.') || (target === 'json' ? 'body' : target);
  if (unknown.length > 0)
    return new AdminError(400, 'invalid', `${field}: nothing of that name is known here; /openapi.json lists what is.`, field);
  return new AdminError(400, 'invalid', `${field}: ${issue === undefined ? 'not valid' : expectation(issue)}.`, field);
}
