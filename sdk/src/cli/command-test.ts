import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stdout } from 'node:process';
import type { Command } from 'commander';
import pc from 'picocolors';
import { compilePlugin } from '../compiler/compile.js';
import { reportBuild } from './build-report.js';
import { hasNodeTests } from './node-tests.js';
import { UserError } from './output.js';
import { findProject } from './project.js';

export function addTestCommand(program: Command): void {
  program
    .command('test')
    .description(
      "Build the plugin of this folder, then run its tests over the module: with vitest if it is installed, else with Node's own runner.",
    )
    .argument('[args...]', 'handed on to the test runner: files, -t NAME, --coverage …')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption('--help')
    .action(test);
}

async function test(args: readonly string[]): Promise<void> {
  const { entry, out } = findProject('.');
  await reportBuild(await compilePlugin({ entry, outFile: out }), entry, out);
  const vitest = findVitest();
  // It would say that all is well.
  if (vitest === undefined && args.every((arg) => arg.startsWith('-')) && !hasNodeTests('.'))
    throw new UserError("there are no tests here: Node's own runner looks for names such as plugin.test.mjs, vitest is not installed");
  const runner = vitest ?? ['--test'];
  stdout.write(pc.dim(`running ${runner.length > 1 ? 'vitest' : 'node --test'} ${args.join(' ')}\n`));
  process.exitCode = await run([...runner, ...args]);
}

/** Arguments for Node that run vitest as this folder has it. */
function findVitest(): string[] | undefined {
  try {
    const manifest = createRequire(join(process.cwd(), 'package.json')).resolve('vitest/package.json');
    return [join(dirname(manifest), 'vitest.mjs'), 'run'];
  } catch {
    return undefined;
  }
}

/** Resolves with the exit code. */
function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
