import { basename, resolve } from 'node:path';
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { LANGUAGES, type Language } from '../compiler/language.js';
import { indent, UserError } from './output.js';
import { checkName, scaffold } from './scaffold.js';

export function addNewCommand(program: Command): void {
  program
    .command('new')
    .description('Make a folder with a plugin to start from: source, options, test, README and editor settings.')
    .argument('[folder]', 'where; its name is the name of the plugin')
    .addOption(new Option('--lang <language>', 'what the plugin is written in').choices(LANGUAGES).default('typescript'))
    .action((folder: string | undefined, { lang }: { lang: Language }) => create(folder, lang, program.version() ?? ''));
}

async function create(named: string | undefined, language: Language, version: string): Promise<void> {
  if (named?.trim() === '') throw new UserError('the folder has no name: framegate new my-plugin');
  const folder = named ?? (await askName());
  const name = basename(resolve(folder));
  const files = await scaffold({ folder, name, language, version });
  stdout.write(`${pc.green('made')} ${pc.bold(name)} in ${folder}\n${pc.dim(indent(files.join('\n')))}\n\n`);
  const enter = resolve(folder) === process.cwd() ? [] : [`cd ${folder}`];
  const steps = [...enter, 'npm install', `npm run dev    ${pc.dim('# http://localhost:4444, every save is live')}`, 'npm test'];
  stdout.write(`Go on with:\n${indent(steps.join('\n'))}\n`);
}

async function askName(): Promise<string> {
  if (!stdin.isTTY || !stdout.isTTY) throw new UserError('name a folder for the plugin: framegate new my-plugin');
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    const name = (await terminal.question('What is the plugin called? ')).trim();
    checkName(basename(name));
    return name;
  } finally {
    terminal.close();
  }
}
