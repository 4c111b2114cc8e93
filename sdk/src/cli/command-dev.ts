import { stdout } from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { DevHost } from './dev-host.js';
import { DevLog } from './dev-log.js';
import { DevLoop } from './dev-loop.js';
import { DevTimes } from './dev-times.js';
import { DevTracer } from './dev-tracer.js';
import { findProject, PROJECT_MODULE } from './project.js';

const CONFIG_FILE = 'framegate.config.json';
const SUMMARY_MS = 2_000;

interface DevOptions {
  readonly port?: number;
  readonly config?: string;
}

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description(
      'Run the plugin in a local host with the chat page, and every saved version of it at once; its verdicts and logs stand here.',
    )
    .argument('[entry]', "the plugin's file (default: the plugin of this folder)")
    .option('--port <number>', "instead of the configuration's; 0 lets the system choose", readPort)
    .option('--config <file>', `the host's configuration (default: ${CONFIG_FILE}; without it a chat with this plugin alone)`)
    .action(dev);
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It takes a whole number from 0 to 65535.');
}

async function dev(named: string | undefined, { port, config }: DevOptions): Promise<void> {
  const project = named === undefined ? findProject('.') : { entry: named, out: PROJECT_MODULE };
  const write = (line: string): void => void stdout.write(`${pc.dim(new Date().toTimeString().slice(0, 8))}  ${line}\n`);
  const times = new DevTimes();
  const tracer = new DevTracer((calls) => times.take(calls));
  const host = new DevHost({ folder: process.cwd(), module: project.out, config, port, logger: new DevLog(write, times), tracer });
  setInterval(() => times.summary().forEach(write), SUMMARY_MS).unref();
  const loop = new DevLoop({ project, host, configFile: config ?? CONFIG_FILE, write });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void loop.close());
  await loop.start();
}
