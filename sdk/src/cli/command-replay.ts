import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { stdout } from 'node:process';
import type { Command } from 'commander';
import pc from 'picocolors';
import type { ReplayReport } from '../testing/replay-recording.js';
import { startOfFile } from './check-output.js';
import { withHostPackage } from './host-package.js';
import { UserError } from './output.js';
import { Progress } from './progress.js';
import { readInput } from './read-input.js';
import { renderReplay } from './replay-report.js';

interface ReplayCommandOptions {
  readonly plugin?: string;
  readonly fill?: string;
  readonly test?: string;
  readonly json?: boolean;
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('Make the calls of a recording again, and show where a plugin now answers otherwise. Ends with 1 if it does.')
    .argument('<recording>', 'a file of `framegate record`')
    .option('--plugin <file>', 'a .wasm file, or a source, which is compiled first (default: the file that was recorded)')
    .option('--fill <file>', "write the recording once more, with this plugin's answers")
    .option('--test <file>', 'write a test, with a recording beside it, that holds the plugin to the answers it gives now')
    .option('--json', 'print everything as JSON')
    .action(replay);
}

async function replay(recording: string, { plugin, fill, test, json }: ReplayCommandOptions): Promise<void> {
  await readInput(recording);
  if (plugin !== undefined) await readInput(plugin);
  if (test !== undefined && fill !== undefined) throw new UserError('--fill and --test each write a recording: give one of them');
  if (test !== undefined && existsSync(test)) throw new UserError(`${test} is there already: name another file, or remove it`);
  const fixture = test === undefined ? fill : recordingOf(test);
  if (fill !== undefined && resolve(fill) !== resolve(recording)) checkRecordingOutput(fill);
  if (test !== undefined && fixture !== undefined) {
    if (existsSync(fixture) && resolve(fixture) !== resolve(recording)) throw new UserError(`${fixture} is there already`);
    await mkdir(dirname(test), { recursive: true });
  }
  const why = 'a recording is replayed as the host would run it';
  const { replayRecording } = await withHostPackage(why, () => import('../testing/replay-recording.js'));
  const progress = new Progress((done) => `${done.toLocaleString('en')} calls`);
  let report: ReplayReport;
  try {
    report = await replayRecording(recording, {
      onProgress: (done) => progress.report(done),
      ...(plugin === undefined ? {} : { plugin }),
      ...(fixture === undefined ? {} : { fill: fixture }),
    });
  } finally {
    progress.clear();
  }
  stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${renderReplay(recording, report)}\n`);
  if (test !== undefined && fixture !== undefined) {
    await writeFile(test, testSource(test, fixture, report.replayed.file));
    if (!json) stdout.write(`wrote ${test} and ${fixture}, with the answers of this version\n`);
  } else if (fill !== undefined) {
    if (!json) stdout.write(`wrote ${fill}\n`);
  } else if (report.calls > report.compared + report.unanswered.length) {
    if (!json)
      stdout.write(
        `${pc.yellow('hint')} a masked recording has no answers: replay it with the version that is right, and --fill NEW.jsonl\n`,
      );
    process.exitCode = 1;
  } else if (report.differences.length > 0) {
    process.exitCode = 1;
  }
}

/** Throws UserError where a recording would overwrite what is none. */
function checkRecordingOutput(file: string): void {
  const start = startOfFile(file, 1024);
  if (start === undefined || start === '' || /^(?:\u00ef\u00bb\u00bf)?\{[^\n]*"framegate":"recording"/.test(start)) return;
  throw new UserError(`${file} is there already and is no recording: name another file, or remove this one`);
}

function recordingOf(test: string): string {
  return join(dirname(test), `${basename(test).replace(/(\.test)?\.[cm]?[jt]s$/, '')}.jsonl`);
}

function testSource(test: string, fixture: string, plugin: string): string {
  const from = dirname(resolve(test));
  const to = (file: string): string => {
    const path = relative(from, resolve(file)).split(sep).join('/');
    return JSON.stringify(path.startsWith('.') ? path : `./${path}`)
      .replaceAll("'", "\\'")
      .replace(/^"|"$/g, "'");
  };
  const title = basename(fixture, '.jsonl').replaceAll("'", '');
  return `import { replayRecording } from '@framegate/sdk/testing';
import { expect, it } from 'vitest';

// Recorded traffic. If the plugin is to answer otherwise from now on: framegate replay RECORDING --plugin PLUGIN --fill NEW
it('answers what was recorded in ${title}', async () => {
  const recording = new URL(${to(fixture)}, import.meta.url);
  const { differences } = await replayRecording(recording, { plugin: new URL(${to(plugin)}, import.meta.url) });
  expect(differences).toEqual([]);
});
`;
}
