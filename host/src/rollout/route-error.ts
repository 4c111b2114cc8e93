import { HostError } from '../errors.js';

/** Has a HostError say which route it is for: neither a file nor the engine knows. */
export async function onRoute<T>(route: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(error.code, `Route "${route}": ${error.message}`, { cause: error, hint: error.hint });
  }
}
