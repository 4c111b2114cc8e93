import { createContext, Script } from 'node:vm';

const RUN = new Script('run()');

/**
 * What `run` returns, or throws. If it takes longer than that it is stopped in the middle, and a {@link TimeLimitError} is thrown.
 * For what a file from outside makes the thread of the sockets do: its time is everybody's.
 */
export function withinTime<T>(milliseconds: number, run: () => T): T {
  try {
    return RUN.runInContext(createContext({ run }), { timeout: milliseconds }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TimeLimitError(`takes more than ${milliseconds} ms`);
  }
}

/** The message goes on after its subject: "takes more than …". */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}
