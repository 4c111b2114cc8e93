import { stdout } from 'node:process';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { STATE_SCOPES } from '../abi/manifest.js';
import { AdminClient, type AdminOptions, withAdminOptions } from './admin-client.js';
import { formatTable, UserError } from './output.js';
import { type PluginView, pluginHistory, pluginLine, pluginList } from './plugin-report.js';

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
  for (const [action, description] of [
    ['load', "Read a plugin's file again, and swap it in if it is new and good."],
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

/** `framegate reload`: the configuration of a host that runs. */
export function addReloadCommand(program: Command): void {
  withAdminOptions(program.command('reload'))
    .description('Have a host that runs read its configuration again; connections stay.')
    .action(async (options: AdminOptions) => {
      const { changes } = await (await AdminClient.open(options)).ask<{ changes: string[] }>('POST', '/config/reload');
      print(changes.length === 0 ? 'nothing has changed' : changes.map((text) => `${pc.green('✓')} ${text}`).join('\n'));
    });
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
