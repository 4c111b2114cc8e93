import type { Command } from 'commander';
import pc from 'picocolors';
import { GUEST_EXPORTS } from '../abi/abi-v1.js';
import type { JsonObject, JsonValue, PluginManifest } from '../abi/manifest.js';
import { printable } from '../abi/printable.js';
import { inspectModule, type ModuleReport } from '../compiler/inspect.js';
import { formatBytes, formatFacts, formatTable, indent, UserError } from './output.js';
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
  const report = read(file, await readInput(file));
  process.stdout.write(json ? `${printable(JSON.stringify(report, null, 2))}\n` : `${render(harmless(report))}\n`);
}

function read(file: string, bytes: Uint8Array): ModuleReport {
  try {
    return inspectModule(bytes);
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The same, with whatever the module says of itself made fit for a terminal, on one line each. */
function harmless(report: ModuleReport): ModuleReport {
  return JSON.parse(JSON.stringify(report), (_, value: unknown) => {
    if (typeof value === 'string') return printable(value).replaceAll('\n', ' ');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [printable(name).replaceAll('\n', ' '), member]));
  }) as ModuleReport;
}

const ABI_TEXT = {
  framegate: 'framegate v1',
  otoroshi: 'Otoroshi (Extism, JSON)',
  none: 'none: it exports neither on_request_message nor on_response_message, so the host refuses it',
} as const;

function render(report: ModuleReport): string {
  const { manifest, manifestError, memory } = report;
  const facts: string[][] = [
    ...(manifest === undefined
      ? []
      : [
          ['name', `${pc.bold(manifest.name)} ${manifest.version}`],
          ...(manifest.description === undefined ? [] : [['', manifest.description]]),
        ]),
    ['ABI', manifestError === undefined ? ABI_TEXT[report.abi] : pc.red(manifestError)],
    ['size', formatBytes(report.bytes)],
    ...(memory === undefined
      ? []
      : [
          [
            'memory',
            `${formatBytes(memory.minBytes)}, grows to ${memory.maxBytes === undefined ? 'whatever the host allows' : formatBytes(memory.maxBytes)}${memory.imported ? ' (imported)' : ''}`,
          ],
        ]),
    ...(manifest === undefined ? [] : capabilityFacts(manifest)),
    ...(manifest === undefined ? [] : [['migrates', migrates(report) ? 'yes: it takes over the state of other versions' : 'no']]),
    ['exports', report.exports.map(({ name, type }) => (type === undefined ? name : `${name} ${pc.dim(type)}`)).join('\n') || 'nothing'],
    ...Object.entries(report.imports).map(([module, members]) => [`imports ${module}`, members.map(({ name }) => name).join(', ')]),
  ];
  const lines = [formatFacts(facts)];
  const options = manifest === undefined ? [] : optionRows(manifest.config);
  if (options.length > 0) lines.push('', pc.bold('config'), indent(formatTable([['name', 'type', 'default', 'description'], ...options])));
  return lines.join('\n');
}

function capabilityFacts({ hooks, capabilities, response }: PluginManifest): string[][] {
  return [
    ['hooks', hooks.join(', ')],
    ['state', capabilities.state.join(', ') || 'none'],
    ['http', [...capabilities.http, ...(capabilities.httpOptional ?? []).map((host) => `${host} (if granted)`)].join(', ') || 'none'],
    ['response', response],
  ];
}

function migrates({ exports }: ModuleReport): boolean {
  return exports.some(({ name }) => name === GUEST_EXPORTS.migrate);
}

/** One row for each property of the config's schema. */
function optionRows(schema: JsonObject | undefined): string[][] {
  const properties = schema?.properties;
  if (!isObject(properties)) return [];
  const required = Array.isArray(schema?.required) ? schema.required : [];
  return Object.entries(properties).map(([name, property]) => {
    const option = isObject(property) ? property : {};
    const fallback = option.default === undefined ? (required.includes(name) ? '(required)' : '') : JSON.stringify(option.default);
    return [name, typeText(option), fallback, typeof option.description === 'string' ? option.description : ''];
  });
}

function typeText(option: JsonObject): string {
  if (Array.isArray(option.enum)) return option.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (option.type === 'array') return `${isObject(option.items) ? typeText(option.items) : 'any'}[]`;
  return Array.isArray(option.type) ? option.type.join(' | ') : typeof option.type === 'string' ? option.type : 'any';
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
