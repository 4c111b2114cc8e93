import { readFile } from 'node:fs/promises';
import { UserError } from './output.js';

/** A file that the user has named. Rejects with plain words if it can't be read. */
export async function readInput(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      code === 'ENOENT'
        ? `${file}: there is no such file`
        : code === 'EISDIR'
          ? `${file}: this is a folder, not a file`
          : `${file}: it cannot be read (${code})`,
      { cause: error },
    );
  }
}
