import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * What a regular file holds. Anything else is refused without being read: a named pipe keeps whoever opens it waiting for a writer, which no
 * timeout and no end of the process can interrupt, and a device may never end. Rejects as `readFile` does, and with IrregularFileError.
 * `maxBytes`: of a larger file nothing is read; then `oversized` says what is thrown.
 */
export async function readRegularFile(
  file: string,
  { maxBytes, oversized }: { readonly maxBytes: number; readonly oversized: (bytes: number) => Error } = UNLIMITED,
): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new IrregularFileError(stats);
    if (stats.size > maxBytes) throw oversized(stats.size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The message says what there is instead: "it is a named pipe …". */
export class IrregularFileError extends Error {
  override readonly name = 'IrregularFileError';

  constructor(stats: Stats) {
    super(`it is ${kindOf(stats)}; only a regular file is read, or a link to one`);
  }
}

const UNLIMITED = { maxBytes: Number.POSITIVE_INFINITY, oversized: (bytes: number): Error => new Error(`has ${bytes} bytes`) };

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  return 'a device';
}
