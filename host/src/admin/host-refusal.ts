import { HostError } from '../errors.js';
import { AdminError } from './admin-error.js';

/** Throws what the host says to a change that it refuses in the API's terms; anything else as it is. */
export function refuse(error: unknown): never {
  if (!(error instanceof HostError)) throw error;
  const { code, message, hint } = error;
  throw new AdminError(code === 'PLUGIN_UNKNOWN' ? 404 : 409, code, withHint(message, hint));
}

/** Each a sentence of its own; what has lines keeps them. */
function withHint(message: string, hint: string): string {
  if (message.includes('\n')) return `${message}\n${hint}`;
  return /[.!?…]$/.test(message) ? `${message} ${hint}` : `${message}. ${hint}`;
}
