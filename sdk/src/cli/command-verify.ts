import { stdout } from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import type { VerifyCheck, VerifyReport } from '../testing/verify-plugin.js';
import { withHostPackage } from './host-package.js';
import { findProject } from './project.js';
import { readConfig } from './read-config.js';
import { readInput } from './read-input.js';

const MARKS = { pass: pc.green('✓'), warn: pc.yellow('!'), fail: pc.red('✗') } as const;

interface VerifyCommandOptions {
  readonly config?: string;
  readonly calls: number;
  readonly json?: boolean;
}

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('Run any plugin, of either ABI and in any language, against what a host will ask of it. Ends with 1 if it fails.')
    .argument('[plugin]', 'a .wasm file, or a source, which is compiled first (default: the plugin of this folder)')
    .option('-c, --config <json|file>', "the plugin's configuration")
    .option('-n, --calls <number>', 'calls that its memory is watched over', readCalls, 2_000)
    .option('--json', 'print everything as JSON')
    .action(verify);
}

function readCalls(text: string): number {
  const calls = Number(text);
  if (Number.isInteger(calls) && calls >= 2 && calls <= 10_000_000) return calls;
  throw new InvalidArgumentError('It takes a whole number from 2 to 10,000,000.');
}

async function verify(named: string | undefined, { config, calls, json }: VerifyCommandOptions): Promise<void> {
  const plugin = named ?? findProject('.').entry;
  await readInput(plugin);
  const why = 'a plugin is verified as the host would run it';
  const { verifyPlugin } = await withHostPackage(why, () => import('../testing/verify-plugin.js'));
  const report = await verifyPlugin(plugin, { calls, ...(config === undefined ? {} : { config: await readConfig(config) }) });
  stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${render(plugin, report)}\n`);
  if (!report.ok) process.exitCode = 1;
}

const ABIS = { framegate: 'framegate ABI v1', otoroshi: 'Otoroshi ABI' } as const;

function render(plugin: string, { name, version, abi, hooks, checks }: VerifyReport): string {
  const title =
    hooks.length === 0
      ? pc.bold(plugin)
      : `${pc.bold(name)}${version === undefined ? '' : ` ${version}`}, ${ABIS[abi]}, ${hooks.join(', ')}`;
  const groups = [...new Set(checks.map(({ group }) => group))];
  const count = (status: VerifyCheck['status']): number => checks.filter((check) => check.status === status).length;
  const summary = [`${count('pass')} passed`, ...(count('warn') > 0 ? [`${count('warn')} to look at`] : [])];
  const failed = count('fail');
  return [
    title,
    ...groups.flatMap((group) => ['', pc.dim(group), ...renderGroup(checks.filter((check) => check.group === group))]),
    '',
    failed > 0 ? `${pc.red(`${failed} failed`)}, ${summary.join(', ')}` : pc.green(summary.join(', ')),
  ].join('\n');
}

/** What passes is counted where there is much of it. */
function renderGroup(checks: readonly VerifyCheck[]): string[] {
  const passed = checks.filter(({ status }) => status === 'pass');
  const folded = passed.length > 8;
  const shown = folded ? checks.filter(({ status }) => status !== 'pass') : checks;
  return [
    ...(folded ? [`${MARKS.pass} ${passed.length} of ${checks.length} inputs get a verdict`] : []),
    ...shown.map(
      ({ name, status, detail }) => `${MARKS[status]} ${name}${detail === undefined ? '' : `\n  ${detail.replaceAll('\n', '\n  ')}`}`,
    ),
  ];
}
