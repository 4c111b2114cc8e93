import { adviceFor } from './advice.js';
import { type Advise, format, formatError } from './prelude-format.js';

/** `describeFailure` with advice for what the plugin names and a guest does not have. */
export function failureDescriber(missing: Readonly<Record<string, string>>): DescribeFailure {
  return (error, pending) => describeFailure(error, pending, (one) => adviceFor(one, missing));
}

export type DescribeFailure = (error: unknown, pending: boolean | number) => string;

/**
 * What the host gets to read of a hook that failed: `Name: message`, what to do if the engine's message does not say so, the stack
 * trace with positions in the bundle, and the same of its causes. Never throws, whatever was thrown.
 */
function describeFailure(error: unknown, pending: boolean | number, advise: Advise): string {
  if (pending)
    return 'Error: the hook returned a promise that is never settled: inside a plugin only microtasks run, there are no timers and no events to wait for';
  try {
    if (error instanceof Error) return formatError(error, advise);
    return `Error: ${format(error)} was thrown, which has no stack trace: throw an Error`;
  } catch {
    return 'Error: something was thrown that cannot be shown, for reading it throws: throw an Error';
  }
}
