import { format } from './prelude-format.js';

/** What the host gets to read of a hook that failed: `Name: message`, then the stack trace with positions in the bundle. */
export function formatError(error: unknown, pending: boolean | number): string {
  if (pending) return 'Error: the hook returned a promise that is never settled; inside a plugin only microtasks run, there are no timers';
  if (!(error instanceof Error)) return `Error: ${format(error)} was thrown`;
  return `${error.name}: ${error.message}\n${error.stack ?? ''}`.trimEnd();
}
