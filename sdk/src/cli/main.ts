#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBenchCommand } from './command-bench.js';
import { addBuildCommand } from './command-build.js';
import { addDevCommand } from './command-dev.js';
import { addInspectCommand } from './command-inspect.js';
import { addNewCommand } from './command-new.js';
import { addPluginCommand, addReloadCommand } from './command-plugin.js';
import { addRecordCommand } from './command-record.js';
import { addReplayCommand } from './command-replay.js';
import { addSigningCommands } from './command-sign.js';
import { addTestCommand } from './command-test.js';
import { addVerifyCommand } from './command-verify.js';
import { fail } from './output.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** In the order of --help: as an author meets them, then as an operator does. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  addNewCommand,
  addDevCommand,
  addBuildCommand,
  addTestCommand,
  addInspectCommand,
  addBenchCommand,
  addVerifyCommand,
  addRecordCommand,
  addReplayCommand,
  addSigningCommands,
  addPluginCommand,
  addReloadCommand,
];

const program = new Command('framegate')
  .description('Writes, builds, tests and measures WebSocket frame plugins, and looks after them where they run.')
  .version(version)
  .enablePositionalOptions()
  .showHelpAfterError('Run with --help to see what there is.');
for (const addCommand of COMMANDS) addCommand(program);

// Whoever reads along has had enough (`framegate inspect x.wasm | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}
