import pc from 'picocolors';
import { printable } from '../abi/printable.js';
import { formatTable } from './output.js';
import { short, type TrialView, trialLine } from './trial-report.js';

/** What became of its state when a version took over. */
interface MigrationView {
  readonly kind: 'migrated' | 'restored';
  readonly from: string;
  readonly entries: number;
  readonly ms: number;
}

/** What of a plugin the admin API tells and these commands show. */
export interface PluginView {
  readonly route: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly version?: string;
  readonly sha256: string;
  readonly grants: readonly string[];
  readonly quarantinedUntil?: number;
  readonly waiting?: { readonly sha256: string; readonly version?: string; readonly beyond: readonly string[] };
  readonly refusal?: { readonly at: number; readonly code: string; readonly message: string; readonly hint: string };
  readonly probationUntil?: number;
  readonly notKept?: string;
  readonly trial?: TrialView;
  readonly history: readonly {
    readonly sha256: string;
    readonly version?: string;
    readonly since: number;
    readonly migration?: MigrationView;
    readonly failed?: string;
  }[];
}

/** Every plugin in a table, and below it what somebody has to look at. */
export function pluginList(plugins: readonly PluginView[], now = Date.now()): string {
  if (plugins.length === 0) return 'no route has plugins';
  const rows = plugins.map((plugin) => [
    plugin.route,
    plugin.name,
    plugin.version ?? '-',
    short(plugin.sha256),
    state(plugin, now),
    plugin.grants.join(', ') || '-',
  ]);
  const news = plugins.flatMap((plugin) => attention(plugin));
  return [formatTable([['route', 'plugin', 'version', 'sha256', 'state', 'may use'], ...rows]), ...news].join('\n');
}

/** One plugin's versions, the running one first. */
export function pluginHistory({ history, sha256 }: PluginView): string {
  const rows = history.map((version) => [
    version.sha256 === sha256 ? 'runs' : '',
    version.version ?? '-',
    short(version.sha256),
    new Date(version.since).toISOString(),
    [
      ...(version.migration === undefined ? [] : [migrationText(version.migration)]),
      ...(version.failed === undefined ? [] : [`gave way: ${printable(version.failed)}`]),
    ].join('; '),
  ]);
  return formatTable([['', 'version', 'sha256', 'since', ''], ...rows]);
}

function migrationText({ kind, from, entries, ms }: MigrationView): string {
  const what = `${entries} ${entries === 1 ? 'entry' : 'entries'}`;
  return `${kind} ${what} from ${printable(from) || 'a version without a number'} in ${Math.ceil(ms)} ms`;
}

/** In one line what became of it. */
export function pluginLine(plugin: PluginView): string {
  const { route, name, version, sha256 } = plugin;
  return [
    `${pc.green('✓')} ${pc.bold(name)} of ${route}: ${version ?? 'a version without a number'} ${pc.dim(short(sha256))}  ${state(plugin, Date.now())}`,
    ...attention(plugin),
  ].join('\n');
}

function state({ enabled, quarantinedUntil, probationUntil }: PluginView, now: number): string {
  if (!enabled) return 'disabled';
  if (quarantinedUntil !== undefined) return `quarantined for ${seconds(quarantinedUntil - now)}`;
  return probationUntil !== undefined && probationUntil > now ? `runs, on probation for ${seconds(probationUntil - now)}` : 'runs';
}

function attention({ route, name, waiting, refusal, notKept, trial }: PluginView): string[] {
  const lines: string[] = [];
  if (waiting !== undefined) {
    lines.push(
      `${pc.yellow('waits')} ${pc.bold(name)} of ${route}: ${waiting.version ?? 'a version'} ${short(waiting.sha256)} also asks for ${waiting.beyond.join(', ')}`,
      pc.dim(`      agree with: framegate plugin approve ${route} ${name} ${short(waiting.sha256)}`),
    );
  }
  if (refusal !== undefined)
    lines.push(
      `${pc.red('refused')} ${pc.bold(name)} of ${route}: ${printable(refusal.message)}`,
      pc.dim(`      ${printable(refusal.hint)}`),
    );
  if (notKept !== undefined) {
    lines.push(
      `${pc.yellow('not kept')} ${pc.bold(name)} of ${route}: it runs, but a restart would not know it: ${printable(notKept)}`,
      pc.dim('      make plugins.folder writable and see that its disk has room'),
    );
  }
  if (trial !== undefined && (trial.ended === undefined || trial.ended.failed)) lines.push(trialLine(route, name, trial));
  return lines;
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.ceil(ms / 1000))} s`;
}
