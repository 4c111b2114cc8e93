import { HostError } from '../errors.js';
import { AdminError } from './admin-error.js';

/** Throws what the host says to a change that it refuses in the API's terms; anything else as it is. */
export function refuse(error: unknown): never {
  if (!(error instanceof HostError)) throw error;
  const { code, message, hint } = error;
  throw new AdminError(code === 'PLUGIN_UNKNOWN' ? 404 : 409, code, `${message} ${hint}`);
}
