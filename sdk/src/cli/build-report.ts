import { basename } from 'node:path';
import { stderr, stdout } from 'node:process';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import pc from 'picocolors';
import type { CompiledPlugin } from '../compiler/compiled-plugin.js';
import { formatBytes } from './output.js';

/** Compresses well below the maximum's time; a CDN would do about the same. */
const BROTLI_QUALITY = 9;

/** One line for a module that has been built, after its warnings. */
export async function reportBuild(compiled: CompiledPlugin, entry: string, out: string): Promise<void> {
  const { wasm, timings } = compiled;
  for (const warning of compiled.warnings) stderr.write(`${pc.yellow('warning')} ${warning}\n`);
  const brotli = await promisify(brotliCompress)(wasm, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
  const size = `${formatBytes(wasm.length)} (brotli ${formatBytes(brotli.length)})`;
  stdout.write(`${pc.green('built')} ${describePlugin(compiled, entry)} → ${out}  ${size} in ${Math.round(timings.total)} ms\n`);
}

function describePlugin({ manifest, exports }: CompiledPlugin, entry: string): string {
  return manifest === undefined
    ? `${pc.bold(basename(entry))} (Otoroshi ABI: ${exports.join(', ')})`
    : `${pc.bold(manifest.name)} ${manifest.version}`;
}
