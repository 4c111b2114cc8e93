import { format } from './prelude-format.js';

/** What the host gets to read of a hook that failed: `Name: message`, then the stack trace with positions in the bundle. */
export function formatError(error: unknown, pending: boolean | number): string {
  if (pending) return 'Error: the hook returned a promise that is never settled; inside a plugin only microtasks run, there are no timers';
  if (!(error instanceof Error)) return `Error: ${format(error)} was thrown`;
  return `${describe(error)}\n${error.stack ?? ''}`.trimEnd();
}

/** `Name: message`, and what to do about a message of the engine's that does not say so. */
function describe({ name, message }: Error): string {
  return `${name}: ${message}${adviceFor(name, message)}`;
}

function adviceFor(name: string, message: string): string {
  if (name === 'TypeError' && message === 'eval is not supported')
    return ': the module was built without a compiler, for its source does not name `Function` or `eval` as such';
  return '';
}
