import { isUtf8 } from 'node:buffer';
import { type Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import type { MeasureOptions } from '../testing/measure-plugin.js';
import { renderMeasure } from './bench-report.js';
import { withHostPackage } from './host-package.js';
import { UserError } from './output.js';
import { Progress } from './progress.js';
import { findProject } from './project.js';
import { readConfig } from './read-config.js';
import { readInput } from './read-input.js';

const MAX_FRAMES = 10_000_000;
const HOOKS = { request: 'on_request_message', response: 'on_response_message' } as const;

interface BenchOptions {
  readonly config?: string;
  readonly frames: number;
  readonly payload?: string;
  readonly hook?: keyof typeof HOOKS;
  readonly json?: boolean;
}

export function addBenchCommand(program: Command): void {
  program
    .command('bench')
    .description('Measure what a plugin takes a frame: time, fuel, bytes copied, memory. In this thread, with the host’s default limits.')
    .argument('[plugin]', 'a .wasm file, or a source, which is compiled first (default: the plugin of this folder)')
    .option('-n, --frames <number>', 'how many frames', readFrames, 100_000)
    .option('-p, --payload <text|@file>', 'what each frame holds; {n} becomes its number; a file that is not UTF-8 is a binary frame')
    .option('-c, --config <json|file>', "the plugin's configuration")
    .addOption(new Option('--hook <hook>', 'which hook (default: request, if the plugin has it)').choices(Object.keys(HOOKS)))
    .option('--json', 'print everything as JSON')
    .action(bench);
}

function readFrames(text: string): number {
  const frames = Number(text);
  if (!Number.isInteger(frames) || frames < 1 || frames > MAX_FRAMES)
    throw new InvalidArgumentError(`It takes a whole number from 1 to ${MAX_FRAMES.toLocaleString('en')}.`);
  return frames;
}

async function bench(named: string | undefined, { config, frames, payload, hook, json }: BenchOptions): Promise<void> {
  const progress = new Progress((done) => `${done.toLocaleString('en')} of ${frames.toLocaleString('en')} frames`);
  const options: MeasureOptions = {
    frames,
    onProgress: (done) => progress.report(done),
    ...(hook === undefined ? {} : { hook: HOOKS[hook] }),
    ...(payload === undefined ? {} : { payload: await readPayload(payload) }),
    ...(config === undefined ? {} : { config: await readConfig(config) }),
  };
  const plugin = named ?? findProject('.').entry;
  await readInput(plugin);
  const why = 'a plugin is measured as the host would run it';
  const { measurePlugin } = await withHostPackage(why, () => import('../testing/measure-plugin.js'));
  try {
    const measure = await measurePlugin(plugin, options);
    progress.clear();
    process.stdout.write(json ? `${JSON.stringify(measure, null, 2)}\n` : `${renderMeasure(plugin, measure)}\n`);
  } catch (error) {
    progress.clear();
    throw explain(plugin, error);
  }
}

/** `@file` names a file, as curl has it; anything else is the text itself. */
async function readPayload(payload: string): Promise<string | Uint8Array> {
  if (!payload.startsWith('@')) return payload;
  const bytes = await readInput(payload.slice(1));
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : bytes;
}

/** What the host refuses and what the plugin does wrong are the user's to put right; anything else is ours. */
function explain(plugin: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'PluginFaultError') {
    const hint = 'Give it a frame that it takes (--payload), or the configuration that it needs (--config).';
    return new UserError(`${plugin}: the plugin failed: ${error.message}\n${pc.dim(hint)}`, { cause: error });
  }
  if (error.name === 'HostError') {
    const { hint } = error as { hint?: string };
    const message = error.message.includes(plugin) ? error.message : `${plugin}: ${error.message}`;
    return new UserError(hint === undefined ? message : `${message}\n${pc.dim(hint)}`, { cause: error });
  }
  return error;
}
