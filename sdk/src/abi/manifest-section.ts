import { HTTP_HOST_FORM, parseHttpHost } from './http-hosts.js';
import {
  ABI_VERSION,
  type Capabilities,
  HOOKS,
  type Hook,
  type JsonObject,
  MANIFEST_SECTION,
  type PluginManifest,
  STATE_SCOPES,
  type StateScope,
} from './manifest.js';
import { readCustomSection } from './wasm-binary.js';

/** Bytes of the manifest, and how deep its JSON may go: its schema is compiled, and messages quote it. */
const MAX_MANIFEST_BYTES = 1_048_576;
const MAX_LEVELS = 64;
/** Characters of a wrong value in a message. */
const SHOWN_CHARACTERS = 200;

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const VERSION = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;

/**
 * The manifest in a module's `framegate` section; undefined if there is none (a standard Extism module).
 * Throws an Error that lists everything wrong with it, and RangeError if the bytes are no Wasm module.
 */
export function readManifest(module: Uint8Array): PluginManifest | undefined {
  const section = readCustomSection(module, MANIFEST_SECTION);
  if (section === undefined) return undefined;
  if (section.length > MAX_MANIFEST_BYTES)
    throw new Error(`the section "${MANIFEST_SECTION}" has ${section.length} bytes; at most ${MAX_MANIFEST_BYTES} are allowed`);
  return parseManifest(decode(section));
}

/** Reads a manifest from JSON and fills in `response`. Members it does not know are left out. */
export function parseManifest(json: string): PluginManifest {
  const value = parse(json);
  const problems: string[] = [];
  const check = (good: boolean, key: string, wanted: string): void => {
    if (!good) problems.push(`${key} is ${show(value[key])}; ${wanted}`);
  };
  const { abi, name, version, description, hooks, config, response = 'per-recipient' } = value;
  check(abi === ABI_VERSION, 'abi', `this version of framegate knows ABI ${ABI_VERSION}`);
  check(typeof name === 'string' && NAME.test(name), 'name', 'it needs 1–64 of a-z, 0-9 and -, not starting with -');
  check(typeof version === 'string' && VERSION.test(version), 'version', 'it needs a semantic version such as "1.0.0"');
  check(description === undefined || typeof description === 'string', 'description', 'it is a string');
  const goodHooks = isListOf(hooks, (hook): hook is Hook => HOOKS.some((known) => known === hook));
  check(
    goodHooks && new Set(hooks).size === hooks.length && (hooks.includes('on_request_message') || hooks.includes('on_response_message')),
    'hooks',
    `it lists some of ${HOOKS.join(', ')}, a message hook among them, none twice`,
  );
  check(config === undefined || isObject(config), 'config', 'it is a JSON Schema of an object');
  check(response === 'per-recipient' || response === 'per-message', 'response', 'it is "per-recipient" or "per-message"');
  const capabilities = readCapabilities(value.capabilities, problems);
  if (problems.length > 0 || capabilities === undefined)
    throw new Error(`the manifest in the section "${MANIFEST_SECTION}" is not valid: ${problems.join('; ')}`);
  return {
    abi: ABI_VERSION,
    name: name as string,
    version: version as string,
    ...(description === undefined ? {} : { description: description as string }),
    hooks: hooks as Hook[],
    ...(config === undefined ? {} : { config: config as JsonObject }),
    capabilities,
    response: response as PluginManifest['response'],
  };
}

function readCapabilities(value: unknown, problems: string[]): Capabilities | undefined {
  if (!isObject(value)) {
    problems.push(`capabilities is ${show(value)}; it is an object of "state" and "http"`);
    return undefined;
  }
  const { state = [], http = [], httpOptional } = value;
  const goodState = isListOf(state, (scope): scope is StateScope => STATE_SCOPES.some((known) => known === scope));
  const isHost = (host: unknown): host is string => typeof host === 'string' && parseHttpHost(host) !== undefined;
  const goodHttp = isListOf(http, isHost);
  const goodOptional = httpOptional === undefined || isListOf(httpOptional, isHost);
  if (!goodState) problems.push(`capabilities.state is ${show(state)}; it lists some of ${STATE_SCOPES.join(', ')}`);
  if (!goodHttp) problems.push(`capabilities.http is ${show(http)}; it lists hosts such as ${HTTP_HOST_FORM}`);
  if (!goodOptional) problems.push(`capabilities.httpOptional is ${show(httpOptional)}; it lists hosts such as ${HTTP_HOST_FORM}`);
  return goodState && goodHttp && goodOptional ? { state, http, ...(httpOptional && { httpOptional }) } : undefined;
}

function decode(section: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(section);
  } catch (error) {
    throw new Error(`the section "${MANIFEST_SECTION}" is not UTF-8`, { cause: error });
  }
}

function parse(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`the section "${MANIFEST_SECTION}" is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (isDeeper(value, MAX_LEVELS)) throw new Error(`the section "${MANIFEST_SECTION}" nests its JSON deeper than ${MAX_LEVELS} levels`);
  if (!isObject(value)) throw new Error(`the section "${MANIFEST_SECTION}" is ${show(value)}, not a JSON object`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf<T>(value: unknown, test: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(test);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const json = JSON.stringify(value);
  return json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json;
}
