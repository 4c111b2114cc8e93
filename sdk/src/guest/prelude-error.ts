import { adviceFor } from './advice.js';
import { format, formatError } from './prelude-format.js';

/**
 * What the host gets to read of a hook that failed: `Name: message`, what to do if the engine's message does not say so, the stack
 * trace with positions in the bundle, and the same of its causes.
 */
export function describeFailure(error: unknown, pending: boolean | number): string {
  if (pending)
    return 'Error: the hook returned a promise that is never settled: inside a plugin only microtasks run, there are no timers and no events to wait for';
  if (error instanceof Error) return formatError(error, adviceFor);
  return `Error: ${format(error)} was thrown, which has no stack trace: throw an Error`;
}
