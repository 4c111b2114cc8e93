#!/usr/bin/env node
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { printable } from '@framegate/sdk/abi';
import pico from 'picocolors';
import { banner } from './banner.js';
import { DEFAULT_CONFIG_FILE, loadConfig, parseConfig } from './config/config-file.js';
import type { HostConfig } from './config/config-schema.js';
import { HostError } from './errors.js';
import { checkPorts, createHost, type Host } from './host.js';

/** Versions of plugins and approvals outlive the process. */
const DEFAULT_PLUGIN_FOLDER = '.framegate/plugins';
/** So do bans and mutes. */
const DEFAULT_BANS_FILE = '.framegate/bans.json';

/** Nobody presses Ctrl-C twice within so few milliseconds. */
const SAME_SIGNAL_MS = 200;

const USAGE = `Usage: framegate-host [--config file] [--host address] [--port number]

  --config   configuration; default: framegate.config.json here, if there is one
  --host     address to bind instead of server.host
  --port     port instead of server.port; 0 lets the system choose
`;

try {
  await run();
} catch (error) {
  process.stderr.write(explain(error));
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const values = readArguments();
  const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  if (values.help || values.version) {
    process.stdout.write(values.help ? USAGE : `${version}\n`);
    return;
  }
  const { config, folder, file } = await loadConfig(values.config);
  const settle = (config: HostConfig): HostConfig => {
    const kept = {
      ...config,
      plugins: { ...config.plugins, folder: config.plugins.folder ?? DEFAULT_PLUGIN_FOLDER },
      bans: { ...config.bans, file: config.bans.file ?? DEFAULT_BANS_FILE },
    };
    return withArguments(kept, values.host, values.port);
  };
  // A file that was there once is missed: its absence does not mean the defaults.
  let named = file;
  const read = async (): Promise<HostConfig> => {
    const again = await loadConfig(named);
    named = again.file;
    return settle(again.config);
  };
  const settled = settle(config);
  parseConfig(settled, file);
  // Plugins take seconds to start: nobody waits for them to hear of a port.
  await checkPorts(settled);
  const host = await createHost(settled, { folder, source: { file: file ?? resolve(folder, DEFAULT_CONFIG_FILE), read } });
  stopOnSignals(host);
  reloadOnSignal(host);
  const address = await host.listen().catch(async (error: unknown) => {
    await host.close();
    throw error;
  });
  process.stdout.write(banner(host, address, version, pico.isColorSupported && process.stdout.isTTY));
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        config: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
    if (values.config === '') throw new HostError('ARGUMENT_INVALID', '--config is empty: expected a file.');
    if (values.host === '') throw new HostError('ARGUMENT_INVALID', '--host is empty: expected an address of this machine.');
    return { ...values, port: readPort(values.port) };
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new HostError('ARGUMENT_INVALID', `${(error as Error).message}\n\n${USAGE}`, { cause: error });
  }
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  const got = text === '' ? '--port is empty' : `--port ${text}`;
  throw new HostError('ARGUMENT_INVALID', `${got}: expected a whole number from 0 to 65535.`);
}

function withArguments(config: HostConfig, host: string | undefined, port: number | undefined): HostConfig {
  return { ...config, server: { ...config.server, ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) } };
}

/** The first signal drains, a second one ends the process at once, unless it is the same one: npm passes on what a terminal sends to all of a group. */
function stopOnSignals(host: Host): void {
  let stoppingSince: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
      endBy(signal);
      return;
    }
    stoppingSince = performance.now();
    // stderr has the log alone, which programs read
    process.stdout.write(`${signal}: closing connections; once more to stop at once\n`);
    host.drain().then(
      () => end(0, signal),
      (error: unknown) => {
        process.stderr.write(explain(error));
        end(1, signal);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** `process.exit` waits for threads that are in the middle of reading a file, and one on a pipe or a dead mount may never come back. */
function end(code: number, signal: NodeJS.Signals): void {
  if (process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'))) {
    process.stderr.write('a file is still being read or written; ending without it\n');
    endBy(signal);
  } else process.exit(code);
}

/** Ends the process as a signal does that nobody has asked to hear of: at once, whatever its threads do. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** SIGHUP reloads the configuration; what comes of it is logged. From a terminal that has gone it means the end, as ever. */
function reloadOnSignal(host: Host): void {
  const attached = process.stdin.isTTY;
  process.on('SIGHUP', () => {
    if (attached && terminalGone()) process.kill(process.pid, 'SIGTERM');
    else host.reload().catch(() => {});
  });
}

function terminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}

function explain(error: unknown): string {
  const paint = pico.createColors(pico.isColorSupported && process.stderr.isTTY);
  if (error instanceof HostError)
    return `${paint.red(paint.bold(error.code))} ${printable(error.message)}\n${paint.dim(printable(error.hint))}\n`;
  return `${printable(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`;
}
