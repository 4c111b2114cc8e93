import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { stdout } from 'node:process';
import type { HostConfig } from '@framegate/host';
import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { withHostPackage } from './host-package.js';
import { UserError } from './output.js';

const MIB = 1_048_576;

interface RecordCommandOptions {
  readonly config?: string;
  readonly route?: string;
  readonly plugin?: string;
  readonly out: string;
  readonly maxFrames: number;
  readonly maxBytes: number;
  readonly mask: readonly string[];
  readonly port?: number;
}

export function addRecordCommand(program: Command): void {
  program
    .command('record')
    .description('Run a local host and write down what one plugin of a route is given and what it answers, for `framegate replay`.')
    .option('--config <file>', "the host's configuration (default: framegate.config.json, or the chat with its three plugins)")
    .option('--route <path|name>', 'which route (default: the only one)')
    .option('--plugin <name>', 'which plugin of it (default: the only one)')
    .option('-o, --out <file>', 'the recording', 'recording.jsonl')
    .option('--max-frames <number>', 'calls, then the recording ends', readCount(1, 10_000_000), 10_000)
    .option('--max-bytes <number>', 'bytes of the file, then the recording ends', readCount(65_536, 16_384 * MIB), 64 * MIB)
    .option('--mask <fields>', 'JSON fields whose values become ***, separated by commas', readFields, [])
    .option('--port <number>', "instead of the configuration's; 0 lets the system choose", readCount(0, 65_535))
    .action(record);
}

function readCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text !== '' && Number.isInteger(number) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It takes a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}.`);
  };
}

function readFields(text: string): string[] {
  return text.split(',').flatMap((field) => field.trim() || []);
}

async function record(options: RecordCommandOptions): Promise<void> {
  const file = resolve(options.out);
  if (existsSync(file)) throw new UserError(`${options.out} is there already: name another file with --out, or remove it`);
  const why = 'a recording is made in a host';
  const { checkPorts, createHost, loadConfig } = await withHostPackage(why, () => import('@framegate/host'));
  const { config, folder } = await loadConfig(options.config);
  const chosen = withRecording(config, { ...options, out: file });
  await checkPorts(chosen.config);
  const host = await createHost(chosen.config, { folder });
  try {
    await host.listen();
  } catch (error) {
    await host.close();
    throw error;
  }
  const at = `localhost:${host.address.port}`;
  stdout.write(`recording ${pc.bold(chosen.plugin)} of ${chosen.path} into ${options.out}: connect to ws://${at}${chosen.path}`);
  stdout.write(`${host.page ? `, or open http://${at}/` : ''}\n${pc.dim('Ctrl-C ends it.')}\n`);
  const ended = new AbortController();
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: ended.signal })));
  ended.abort();
  await host.close();
  await finish(options.out, file, options.mask.length > 0);
}

/** A masked recording gets the answers to the masked frames, so that it can be compared with. */
async function finish(shown: string, file: string, masked: boolean): Promise<void> {
  if (!existsSync(file)) {
    stdout.write('no frame came: nothing was recorded\n');
    return;
  }
  const { replayRecording } = await import('../testing/replay-recording.js');
  const { calls } = await replayRecording(file, masked ? { fill: file } : {});
  stdout.write(`${shown}: ${calls.toLocaleString('en')} calls. Replay it with: framegate replay ${shown}\n`);
}

/** The configuration with one plugin recorded, in one thread: whatever that plugin sees then is in one file. */
function withRecording(
  config: HostConfig,
  options: RecordCommandOptions,
): { readonly config: HostConfig; readonly path: string; readonly plugin: string } {
  const { out: file, maxFrames, maxBytes, mask, port } = options;
  const route = only(config.routes, options.route, ({ name, path }) => [name ?? path, path], 'route', '--route');
  const plugin = only(route.plugins, options.plugin, ({ name, use }) => [name ?? use, use], 'plugin', '--plugin');
  const plugins = route.plugins.map((one) =>
    one === plugin ? { ...one, enabled: true, record: { file, maxFrames, maxBytes, mask: [...mask] } } : one,
  );
  return {
    path: route.path,
    plugin: plugin.name ?? plugin.use,
    config: {
      ...config,
      server: { ...config.server, port: port ?? config.server.port },
      engine: { ...config.engine, workers: 1 },
      routes: config.routes.map((one) => (one === route ? { ...route, plugins } : one)),
    },
  };
}

/** The one that is named, or the only one there is. The first of its names is shown. */
function only<T>(all: readonly T[], named: string | undefined, namesOf: (one: T) => string[], what: string, option: string): T {
  const found = named === undefined ? (all.length === 1 ? all[0] : undefined) : all.find((one) => namesOf(one).includes(named));
  if (found !== undefined) return found;
  const shown = all.map((one) => namesOf(one)[0]).join(', ');
  if (all.length === 0) throw new UserError(`the configuration has no ${what} that could be recorded`);
  throw new UserError(named === undefined ? `name a ${what} with ${option}: ${shown}` : `there is no ${what} "${named}": ${shown}`);
}
