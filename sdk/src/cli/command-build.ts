import { basename, dirname, extname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { compilePlugin } from '../compiler/compile.js';
import { LANGUAGES, type Language } from '../compiler/language.js';
import { reportBuild } from './build-report.js';
import { checkModuleOutput } from './check-output.js';
import { findProject, PROJECT_MODULE } from './project.js';

const MAX_SECONDS = 86_400;

interface BuildOptions {
  readonly out?: string;
  readonly minify: boolean;
  readonly timeLimit: number;
  readonly lang?: Language;
}

export function addBuildCommand(program: Command): void {
  program
    .command('build')
    .description('Compile a plugin to Wasm. TypeScript types are stripped, not checked: run `tsc --noEmit` for that.')
    .argument('[entry]', "the plugin's TypeScript, JavaScript or AssemblyScript file (default: the plugin of this folder)")
    .option(
      '-o, --out <file>',
      `where the module goes; its source map stands beside it (default: beside the entry, with .wasm; without an entry ${PROJECT_MODULE})`,
    )
    .option('--no-minify', 'keep names and lines of the bundle as they are')
    .option('--time-limit <seconds>', 'for how long the top level of the source may run', readSeconds, 10)
    .addOption(
      new Option('--lang <language>', 'the language (default: assemblyscript with an asconfig.json, else typescript)').choices(LANGUAGES),
    )
    .action(build);
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) throw new InvalidArgumentError(`It takes a number of seconds up to ${MAX_SECONDS}.`);
  return seconds;
}

async function build(named: string | undefined, { out, minify, timeLimit, lang }: BuildOptions): Promise<void> {
  const { entry, out: usual } = named === undefined ? findProject('.') : { entry: named, out: besides(named) };
  const outFile = out ?? usual;
  checkModuleOutput(outFile);
  const compiled = await compilePlugin({
    entry,
    outFile,
    minify,
    timeLimitMs: timeLimit * 1000,
    ...(lang === undefined ? {} : { language: lang }),
  });
  await reportBuild(compiled, entry, outFile);
}

function besides(entry: string): string {
  return join(dirname(entry), `${basename(entry, extname(entry))}.wasm`);
}
