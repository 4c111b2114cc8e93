import { UserError } from './output.js';

/** Loads what needs the host, a peer that only some commands use. Throws UserError with what to do if it isn't installed. */
export async function withHostPackage<T>(why: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes('@framegate/host')) throw error;
    throw new UserError(`${why}, and @framegate/host is not installed here: npm install --save-dev @framegate/host`, { cause: error });
  }
}
