import type { HttpFailureCause } from './http-meter.js';
import { PrivateAddressError } from './public-address.js';

/** Ends a plugin's request without a response. The message is for the plugin's author. */
export class HttpFailure extends Error {
  readonly why: HttpFailureCause;

  constructor(why: HttpFailureCause, message: string) {
    super(message);
    this.name = 'HttpFailure';
    this.why = why;
  }
}

export function failureCause(error: unknown): HttpFailureCause {
  if (error instanceof HttpFailure) return error.why;
  return error instanceof PrivateAddressError ? 'refused' : 'network';
}
