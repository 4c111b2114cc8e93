import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { printable } from '../abi/printable.js';
import { inspectModule, type ModuleReport } from '../compiler/inspect.js';
import { renderReport, type SignedReport } from './inspect-report.js';
import { UserError } from './output.js';
import { readInput } from './read-input.js';

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('Show what a Wasm module is, needs and offers, without running it.')
    .argument('<file>', 'a .wasm file')
    .option('--json', 'print everything as JSON')
    .action(inspect);
}

async function inspect(file: string, { json }: { json?: boolean }): Promise<void> {
  const report = { ...read(file, await readInput(file)), signature: existsSync(`${file}.sig`) ? 'present' : 'none' } as const;
  process.stdout.write(json ? `${printable(JSON.stringify(report, null, 2))}\n` : `${renderReport(harmless(report))}\n`);
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
