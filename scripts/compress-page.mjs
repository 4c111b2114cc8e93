// Lays a Brotli and a gzip copy beside each file of a built page that gets smaller by it; the host serves them to who takes them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXTS = new Set(['.html', '.js', '.css', '.svg', '.json', '.txt', '.map', '.webmanifest']);
/** A copy that saves less than a tenth is not worth its place. */
const MOST_OF_SIZE = 0.9;

/** @param {string} folder a page as Vite leaves it */
export function compressPage(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !TEXTS.has(extname(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const content = readFileSync(file);
    const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
    for (const [ending, copy] of [
      ['.br', brotli],
      ['.gz', gzipSync(content, { level: 9 })],
    ]) {
      if (copy.length < content.length * MOST_OF_SIZE) writeFileSync(`${file}${ending}`, copy);
    }
  }
}
