import { basename, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { compilePlugin } from '../compiler/compile.js';
import { formatBytes } from './output.js';

/** Compresses well below the maximum's time; a CDN would do about the same. */
const BROTLI_QUALITY = 9;

const MAX_SECONDS = 86_400;

export function addBuildCommand(program: Command): void {
  program
    .command('build')
    .description('Compile a plugin to Wasm. Types are stripped, not checked: run `tsc --noEmit` for that.')
    .argument('<entry>', "the plugin's TypeScript or JavaScript file")
    .option('-o, --out <file>', 'where the module goes; its source map stands beside it (default: beside the entry, with .wasm)')
    .option('--no-minify', 'keep names and lines of the bundle as they are')
    .option('--time-limit <seconds>', 'for how long the top level of the source may run', readSeconds, 10)
    .action(build);
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) throw new InvalidArgumentError(`It takes a number of seconds up to ${MAX_SECONDS}.`);
  return seconds;
}

async function build(entry: string, { out, minify, timeLimit }: { out?: string; minify: boolean; timeLimit: number }): Promise<void> {
  const outFile = out ?? join(dirname(entry), `${basename(entry, extname(entry))}.wasm`);
  const { wasm, manifest, exports, warnings, timings } = await compilePlugin({ entry, outFile, minify, timeLimitMs: timeLimit * 1000 });
  for (const warning of warnings) process.stderr.write(`${pc.yellow('warning')} ${warning}\n`);
  const brotli = await promisify(brotliCompress)(wasm, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
  const what =
    manifest === undefined
      ? `${pc.bold(basename(entry))} (Otoroshi ABI: ${exports.join(', ')})`
      : `${pc.bold(manifest.name)} ${manifest.version}`;
  process.stdout.write(
    `${pc.green('built')} ${what} → ${outFile}  ${formatBytes(wasm.length)} (brotli ${formatBytes(brotli.length)}) in ${Math.round(timings.total)} ms\n`,
  );
}
