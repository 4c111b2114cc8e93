import { stdout } from 'node:process';
import { type Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { STATE_SCOPES } from '../abi/manifest.js';
import { AdminClient, type AdminOptions, withAdminOptions } from './admin-client.js';
import { formatTable, UserError } from './output.js';
import { type PluginView, pluginHistory, pluginLine, pluginList } from './plugin-report.js';
import { type TrialDetail, trialReport } from './trial-report.js';

interface StateOptions extends AdminOptions {
  readonly scope?: string;
  readonly owner?: string;
  readonly wipe?: boolean;
}

interface StatePage {
  readonly total: number;
  readonly pluginBytes: number;
  readonly items: readonly {
    readonly scope: string;
    readonly owner: string;
    readonly key: string;
    readonly bytes: number;
    readonly value: string;
  }[];
}

/** Characters of a value in a table. */
const VALUE_LENGTH = 60;

interface TryOptions extends AdminOptions {
  readonly file?: string;
  readonly sha256?: string;
  readonly percent: number;
  readonly http?: boolean;
  readonly approve?: boolean;
}

/** `framegate plugin …`: the plugins of a host that runs, through its admin API. */
export function addPluginCommand(program: Command): void {
  const plugin = program.command('plugin').description('Look after the plugins of a host that runs, through its admin API.');
  const add = (usage: string, description: string): Command => withAdminOptions(plugin.command(usage).description(description));

  add('list', 'Every plugin of every route: version, state, what it may use, and what waits or was refused.')
    .option('--json', 'as the admin API tells it')
    .action(async (options: AdminOptions & { json?: boolean }) => {
      const answer = await (await AdminClient.open(options)).ask<{ items: PluginView[] }>('GET', '/plugins');
      print(options.json ? JSON.stringify(answer.items, undefined, 2) : pluginList(answer.items));
    });
  add('history <route> <plugin>', 'The versions that can be restored.').action(
    async (route: string, name: string, options: AdminOptions) => {
      print(pluginHistory(await (await AdminClient.open(options)).ask<PluginView>('GET', pathOf(route, name))));
    },
  );
  add('load <route> <plugin>', "Read a plugin's file again, or another one from now on, and swap it in if it is new and good.")
    .option('--file <file>', 'another file, as the host sees it')
    .action((route: string, name: string, { file, ...options }: AdminOptions & { file?: string }) =>
      change(options, route, name, 'load', file === undefined ? {} : { use: file }),
    );
  addTrialCommands(add);
  for (const [action, description] of [
    ['enable', 'Put a plugin back into its chain.'],
    ['disable', 'Take a plugin out of its chain; its state stays.'],
    ['reset', "End a plugin's quarantine and forget its faults."],
  ] as const) {
    add(`${action} <route> <plugin>`, description).action((route: string, name: string, options: AdminOptions) =>
      change(options, route, name, action),
    );
  }
  add(
    'approve <route> <plugin> [sha256]',
    'Agree to what the waiting version asks for; its first digits make sure that it is the one you looked at.',
  ).action(async (route: string, name: string, sha256: string | undefined, options: AdminOptions) => {
    const waiting = sha256 ?? (await waitingVersion(options, route, name));
    await change(options, route, name, 'approve', { sha256: waiting.toLowerCase() });
  });
  add('rollback <route> <plugin> [sha256]', 'Restore an earlier version; by default the last one that did not fail.').action(
    (route: string, name: string, sha256: string | undefined, options: AdminOptions) =>
      change(options, route, name, 'rollback', sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
  );
  add('state <plugin>', 'What a plugin remembers.')
    .addOption(new Option('--scope <scope>', 'only that scope').choices(STATE_SCOPES))
    .option('--owner <id>', 'only that room, user or connection; needs --scope')
    .option('--wipe', 'forget it')
    .action(state);
}

function addTrialCommands(add: (usage: string, description: string) => Command): void {
  add(
    'shadow <route> <plugin>',
    'Have a version see live frames beside the running one, and compare what the two say, without any effect. It ends with `promote` or `abandon`.',
  )
    .option('--file <file>', "another file than the plugin's own, as the host sees it")
    .option('--sha256 <digits>', 'a version of the history, by the first digits of its SHA-256')
    .option('--percent <share>', 'of the connections', percentOf, 100)
    .option('--http', 'let it send HTTP requests of its own; else it gets only the answers that the running version got')
    .option('--approve', 'agree to what it asks for beyond what was approved')
    .action((route: string, name: string, { file, sha256, percent, http, approve, ...options }: TryOptions) =>
      change(options, route, name, 'shadow', {
        ...sourceOf(file, sha256),
        percent,
        http: http ?? false,
        approve: approve ?? false,
      }),
    );
  add(
    'canary <route> <plugin>',
    'Have a version run for a share of the connections, on the same state; of the one that is tried already, change the share. 100 swaps it in for everybody.',
  )
    .option('--file <file>', "another file than the plugin's own, as the host sees it")
    .option('--sha256 <digits>', 'a version of the history, by the first digits of its SHA-256')
    .option('--percent <share>', 'of the connections', percentOf, 1)
    .option('--approve', 'agree to what it asks for beyond what was approved')
    .action((route: string, name: string, { file, sha256, percent, approve, ...options }: TryOptions) =>
      change(options, route, name, 'canary', { ...sourceOf(file, sha256), percent, approve: approve ?? false }),
    );
  add('trial <route> <plugin>', 'The version that is tried, or was last, with the latest frames on which it and the running one differ.')
    .option('--json', 'as the admin API tells it')
    .action(async (route: string, name: string, options: AdminOptions & { json?: boolean }) => {
      const detail = await (await AdminClient.open(options)).ask<TrialDetail>('GET', `${pathOf(route, name)}/trial`);
      print(options.json ? JSON.stringify(detail, undefined, 2) : trialReport(route, name, detail));
    });
  for (const [action, description] of [
    ['promote', 'Swap in the version that is tried, for everybody.'],
    ['abandon', 'End a trial; the running version goes on for everybody.'],
  ] as const) {
    add(`${action} <route> <plugin>`, description).action((route: string, name: string, options: AdminOptions) =>
      change(options, route, name, action),
    );
  }
}

function sourceOf(file: string | undefined, sha256: string | undefined): object {
  return { ...(file !== undefined && { use: file }), ...(sha256 !== undefined && { sha256: sha256.toLowerCase() }) };
}

/** A number from 0 to 100. */
function percentOf(text: string): number {
  const percent = Number(text.replace(/%$/, ''));
  if (text.trim() !== '' && percent >= 0 && percent <= 100) return percent;
  throw new InvalidArgumentError('Expected a share from 0 to 100.');
}

/** `framegate reload`: the configuration of a host that runs. */
export function addReloadCommand(program: Command): void {
  withAdminOptions(program.command('reload'))
    .description('Have a host that runs read its configuration again; connections stay.')
    .action(async (options: AdminOptions) => {
      const { changes, last } = await (await AdminClient.open(options)).ask<Reload>('POST', '/config/reload');
      print(changes.length === 0 ? unchanged(last) : changes.map((text) => `${pc.green('✓')} ${text}`).join('\n'));
    });
}

interface Reload {
  readonly changes: readonly string[];
  readonly last?: { readonly at: number; readonly changes: readonly string[] };
}

/** The host watches the file: what was saved a moment ago is in effect already. */
function unchanged(last: Reload['last']): string {
  if (last === undefined) return 'nothing has changed';
  return `nothing has changed since ${new Date(last.at).toLocaleTimeString('en-GB')}, when this was applied: ${last.changes.join(', ')}`;
}

async function change(options: AdminOptions, route: string, name: string, action: string, body?: object): Promise<void> {
  const plugin = await (await AdminClient.open(options)).ask<PluginView>('POST', `${pathOf(route, name)}/${action}`, body);
  print(pluginLine(plugin));
}

async function waitingVersion(options: AdminOptions, route: string, name: string): Promise<string> {
  const { waiting } = await (await AdminClient.open(options)).ask<PluginView>('GET', pathOf(route, name));
  if (waiting !== undefined) return waiting.sha256;
  throw new UserError(`no version of ${name} of ${route} waits for approval`);
}

async function state(name: string, { scope, owner, wipe, ...options }: StateOptions): Promise<void> {
  if (owner !== undefined && scope === undefined) throw new UserError('--owner needs --scope: an id means another thing in each');
  const query = new URLSearchParams({ plugin: name, ...(scope && { scope }), ...(owner !== undefined && { owner }) });
  const client = await AdminClient.open(options);
  await refuseUnknown(client, name, query);
  if (wipe) {
    const { wiped } = await client.ask<{ wiped: number }>('DELETE', `/state?${query}`);
    print(`${pc.green('✓')} ${wiped} entries forgotten`);
    return;
  }
  const { items, total, pluginBytes } = await client.ask<StatePage>('GET', `/state?${query}`);
  const rows = items.map(({ scope, owner, key, bytes, value }) => [scope, shown(owner) || '-', shown(key), `${bytes}`, shown(value)]);
  if (rows.length > 0) print(formatTable([['scope', 'owner', 'key', 'bytes', 'value'], ...rows]));
  const more = total > items.length ? `, the first ${items.length} above` : '';
  print(pc.dim(`${total} entries${more}; ${name} has ${pluginBytes} bytes in all`));
}

/** A plugin that was taken away may have left state behind; one that never was has none. */
async function refuseUnknown(client: AdminClient, name: string, query: URLSearchParams): Promise<void> {
  const { pluginBytes } = await client.ask<StatePage>('GET', `/state?${query}`);
  if (pluginBytes > 0) return;
  const names = new Set((await client.ask<{ items: PluginView[] }>('GET', '/plugins')).items.map((plugin) => plugin.name));
  if (!names.has(name)) throw new UserError(`there is no plugin "${name}" and no state of it; plugins: ${[...names].join(', ') || 'none'}`);
}

/** On one line. */
function shown(value: string): string {
  const line = JSON.stringify(value).slice(1, -1);
  return line.length > VALUE_LENGTH ? `${line.slice(0, VALUE_LENGTH - 1)}…` : line;
}

function pathOf(route: string, name: string): string {
  return `/plugins/${encodeURIComponent(route)}/${encodeURIComponent(name)}`;
}

function print(text: string): void {
  stdout.write(`${text}\n`);
}
