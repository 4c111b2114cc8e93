import pc from 'picocolors';
import { GUEST_EXPORTS } from '../abi/abi-v1.js';
import type { PluginGuards } from '../abi/guard.js';
import { ABI_VERSION, type Hook, type JsonObject, type JsonValue, type PluginManifest, type StateScope } from '../abi/manifest.js';
import type { ModuleReport } from '../compiler/inspect.js';
import { guardText } from './guard-report.js';
import type { ModuleSignature } from './module-signature.js';
import { formatBytes, formatFacts, indent } from './output.js';

/** What a module says of itself, who vouches for it and, where it was started with a configuration, what its guards are. */
export type SignedReport = ModuleReport & ModuleSignature & { readonly guards?: PluginGuards };

const ABI_TEXT = {
  framegate: `framegate v${ABI_VERSION}`,
  otoroshi: 'Otoroshi (Extism, JSON)',
  none: 'none: it exports neither on_request_message nor on_response_message, so the host refuses it',
} as const;

const HOOK_TEXT: Readonly<Record<Hook, string>> = {
  on_connect: 'each client that connects',
  on_request_message: 'frames from clients',
  on_response_message: 'frames to clients',
  on_disconnect: 'each client that has left',
};

const SCOPE_TEXT: Readonly<Record<StateScope, string>> = {
  plugin: 'one memory for all',
  room: 'a memory for each room',
  user: 'a memory for each user',
  connection: 'a memory for each connection',
};

/** Columns that a line of the terminal has for text. */
const WIDTH = 96;
const MAX_DEFAULT = 60;

export function renderReport(report: SignedReport): string {
  const { manifest, manifestError } = report;
  const abi = manifestError === undefined ? ABI_TEXT[report.abi] : pc.red(manifestError);
  // indented, so that no description passes for a line of the report's own
  const about = manifest?.description === undefined ? '' : `\n${indent(wrap(manifest.description.split(' '), ' '))}`;
  const title = manifest === undefined ? '' : `${pc.bold(manifest.name)} ${manifest.version}${about}`;
  const facts = [
    ['ABI', abi],
    ['size', sizeText(report)],
    ['memory', memoryText(report)],
    ['signature', signatureText(report)],
  ];
  const blocks = [
    title,
    formatFacts(facts.filter(([, text]) => text !== '')),
    manifest === undefined ? '' : block('on a host', formatFacts(manifestFacts(manifest, report))),
    manifest === undefined ? '' : block('config', configText(manifest.config)),
    block('exports', wrap(report.exports.map(({ name, type }) => (type === undefined || type === '() -> i32' ? name : `${name} ${type}`)))),
    ...Object.entries(report.imports).map(([module, members]) => block(`imports from ${module}`, wrap(members.map(({ name }) => name)))),
  ];
  return blocks.filter((text) => text !== '').join('\n\n');
}

function block(title: string, text: string): string {
  return `${pc.bold(title)}\n${indent(text === '' ? 'nothing' : text)}`;
}

function signatureText(report: ModuleSignature): string {
  if (report.signature === 'valid') return `${pc.green('valid')}, by the key ${report.by}`;
  if (report.signature === 'invalid') return `${pc.red('not valid')}: ${report.why}`;
  return report.signature === 'none' ? 'none (`framegate sign` makes one)' : 'there is one beside the file; --keys says whether it holds';
}

function sizeText({ bytes, parts: { code, data, manifest, other } }: ModuleReport): string {
  const parts = [
    `code ${formatBytes(code)}`,
    `data ${formatBytes(data)}`,
    ...(manifest > 0 ? [`manifest ${formatBytes(manifest)}`] : []),
    `other ${formatBytes(other)}`,
  ];
  return `${formatBytes(bytes)} ${pc.dim(`(${parts.join(', ')})`)}`;
}

function memoryText({ memory }: ModuleReport): string {
  if (memory === undefined) return '';
  const most = memory.maxBytes === undefined ? "the operator's limits.memoryBytes" : formatBytes(memory.maxBytes);
  return `${formatBytes(memory.minBytes)}, grows up to ${most}${memory.imported ? ' (imported)' : ''}`;
}

function manifestFacts(
  { hooks, capabilities: { state, http, httpOptional = [] }, response }: PluginManifest,
  { exports, guards }: SignedReport,
): string[][] {
  const has = (name: string): boolean => exports.some((one) => one.name === name);
  return [
    ['called for', hooks.map((hook) => HOOK_TEXT[hook] ?? hook).join(', ')],
    ['skipped', guards !== undefined && has(GUEST_EXPORTS.guard) ? guardText(guards) : skippedText(has(GUEST_EXPORTS.guard))],
    ['broadcasts', response === 'per-message' ? 'once for all recipients' : 'once for each recipient'],
    ['state', state.map((scope) => SCOPE_TEXT[scope] ?? scope).join(', ') || 'none'],
    ['network', [...http, ...httpOptional.map((host) => `${host} (if granted)`)].join(', ') || 'none'],
    ['migrates', has(GUEST_EXPORTS.migrate) ? 'yes: it takes over the state of other versions' : 'no'],
  ];
}

function skippedText(guarded: boolean): string {
  return guarded ? 'for frames that its guards rule out: the host decides those itself; --config shows which' : 'never: it has no guards';
}

/** For each option a line of name, type and default, and below it what it is. */
function configText(schema: JsonObject | undefined): string {
  const properties = schema?.properties;
  if (!isObject(properties)) return '';
  const required = Array.isArray(schema?.required) ? schema.required : [];
  return Object.entries(properties)
    .map(([name, property]) => {
      const option = isObject(property) ? property : {};
      const fallback =
        option.default === undefined ? (required.includes(name) ? 'required' : '') : `default ${cut(JSON.stringify(option.default))}`;
      const about = typeof option.description === 'string' ? `\n${indent(wrap(option.description.split(' '), ' '))}` : '';
      return `${pc.bold(name)}  ${[typeText(option), fallback].filter((text) => text !== '').join(pc.dim(' · '))}${pc.dim(about)}`;
    })
    .join('\n');
}

function typeText(option: JsonObject): string {
  if (Array.isArray(option.enum)) return option.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (option.type === 'array') {
    const item = isObject(option.items) ? typeText(option.items) : 'any';
    return item.includes(' ') ? `(${item})[]` : `${item}[]`;
  }
  return Array.isArray(option.type) ? option.type.join(' | ') : typeof option.type === 'string' ? option.type : 'any';
}

function cut(text: string): string {
  return text.length <= MAX_DEFAULT ? text : `${text.slice(0, MAX_DEFAULT)}…`;
}

/** Words in lines of the terminal's width. */
function wrap(words: readonly string[], separator = ', '): string {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined || line.length + separator.length + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line + separator + word;
  }
  return lines.join(`${separator.trimEnd()}\n`);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
