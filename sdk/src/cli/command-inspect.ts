import type { Command } from 'commander';
import type { PluginGuards } from '../abi/guard.js';
import { printable } from '../abi/printable.js';
import { inspectModule, type ModuleReport } from '../compiler/inspect.js';
import { withHostPackage } from './host-package.js';
import { renderReport, type SignedReport } from './inspect-report.js';
import { checkSignature } from './module-signature.js';
import { UserError } from './output.js';
import { readConfig } from './read-config.js';
import { readInput } from './read-input.js';

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('Show what a Wasm module is, needs and offers; without running it, unless it is given a configuration.')
    .argument('<file>', 'a .wasm file')
    .option(
      '--keys <key...>',
      'public keys, .pub files or base64: say whether the signature beside the file is by one of them; ends with 1 if not',
    )
    .option('-c, --config <json|file>', 'start the plugin with this configuration, and say which frames a host need not call it for')
    .option('--json', 'print everything as JSON')
    .action(inspect);
}

interface InspectOptions {
  readonly json?: boolean;
  readonly keys?: readonly string[];
  readonly config?: string;
}

async function inspect(file: string, { json, keys = [], config }: InspectOptions): Promise<void> {
  const bytes = await readInput(file);
  const module = { ...read(file, bytes), ...(await checkSignature(file, bytes, keys)) };
  const report = config === undefined ? module : { ...module, guards: await guardsOf(file, config) };
  if (keys.length > 0 && report.signature !== 'valid') process.exitCode = 1;
  process.stdout.write(json ? `${printable(JSON.stringify(report, null, 2))}\n` : `${renderReport(harmless(report))}\n`);
}

async function guardsOf(file: string, config: string): Promise<PluginGuards> {
  const why = 'a plugin says what it has no interest in when it starts';
  const { pluginGuards } = await withHostPackage(why, () => import('../testing/plugin-guards.js'));
  return pluginGuards(file, await readConfig(config));
}

function read(file: string, bytes: Uint8Array): ModuleReport {
  try {
    return inspectModule(bytes);
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The same, with whatever the module says of itself made fit for a terminal, on one line each. */
function harmless(report: SignedReport): SignedReport {
  return JSON.parse(JSON.stringify(report), (_, value: unknown) => {
    if (typeof value === 'string') return printable(value).replaceAll('\n', ' ');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [printable(name).replaceAll('\n', ' '), member]));
  }) as SignedReport;
}
