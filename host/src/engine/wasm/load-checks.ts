import { ABI_VERSION, coversHttpHost, GUEST_EXPORTS, HOOKS, type Hook, type HttpHost, isWasm, parseHttpHost } from '@framegate/sdk/abi';
import { HostError } from '../../errors.js';
import type { PluginSpec } from '../engine.js';
import { EXTISM_MODULE, IMPORT_TYPES, WASI_MODULE } from './import-types.js';
import { type FunctionType, formatType, type ModuleTypes, readModuleTypes } from './module-types.js';

const HOOK_TYPE: FunctionType = { params: [], results: ['i32'] };
const START_TYPE: FunctionType = { params: [], results: [] };
const RESERVE_TYPE: FunctionType = { params: ['i32'], results: ['i32'] };

const REBUILD = 'Rebuild the plugin with this version of the SDK: `framegate build`.';
/** Version 13, layer 1: how the component model's binaries begin where a core module says version 1. */
const COMPONENT = '0d000100';

/** Names that a message lists, and characters of each: a module may have thousands, of megabytes. */
const LISTED_NAMES = 20;
const NAME_CHARACTERS = 100;

/** What is wrong with a file that does not begin as a core module does, to follow its name; `undefined` if it does. */
export function describeNotWasm(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'is empty';
  if (isWasm(bytes)) return undefined;
  const head = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  const version = Buffer.from(bytes.subarray(4, 8)).toString('hex');
  if (bytes.length < 8 && '0061736d01000000'.startsWith(head + version)) {
    return `is truncated: it has ${bytes.length} bytes, a WebAssembly module has 8 or more`;
  }
  if (head !== '0061736d') return `is not WebAssembly: it starts with ${head}, not 0061736d`;
  return version === COMPONENT
    ? 'is a WebAssembly component, not a core module: build it for wasm32-unknown-unknown or wasm32-wasip1, without a component step'
    : `is WebAssembly of another version: ${version}, where 01000000 is wanted`;
}

/** What the engine has to know of a module that passed the checks. */
export interface CheckedModule {
  readonly hooks: ReadonlySet<Hook>;
  /** Whether it imports `extism:host/env`, and WASI. */
  readonly usesExtism: boolean;
  readonly usesWasi: boolean;
  /** Whether it brings another version's state into its own form. */
  readonly migrates: boolean;
}

/**
 * Refuses a module that could not run, before anything of it runs. Throws a HostError (PLUGIN_NOT_WASM, PLUGIN_INVALID, PLUGIN_NOT_GRANTED)
 * that names the module, what is wrong with it and what is wanted instead.
 */
export function checkModule(spec: PluginSpec): CheckedModule {
  const types = readTypes(spec);
  const stale = abiProblem(spec) ?? manifestProblem(spec, types);
  if (stale) throw new HostError('PLUGIN_INVALID', `${spec.origin}: ${stale}`, { hint: REBUILD });
  const problem = findProblem(spec, types);
  if (problem) throw new HostError('PLUGIN_INVALID', `${spec.origin}: ${problem}`);
  refuseUngranted(spec);
  return {
    hooks: new Set(exportedHooks(types)),
    usesExtism: types.imports.some(({ module }) => module === EXTISM_MODULE),
    usesWasi: types.imports.some(({ module }) => module === WASI_MODULE),
    migrates: spec.manifest !== undefined && types.exports.some(({ name }) => name === GUEST_EXPORTS.migrate),
  };
}

function readTypes(spec: PluginSpec): ModuleTypes {
  const problem = describeNotWasm(spec.wasm);
  if (problem !== undefined) throw new HostError('PLUGIN_NOT_WASM', `${spec.origin}: the file ${problem}`);
  try {
    return readModuleTypes(spec.wasm);
  } catch (error) {
    const message = messageOf(error);
    const what = message.startsWith('unexpected end') ? 'the file is truncated' : "the WebAssembly module can't be read";
    throw new HostError('PLUGIN_NOT_WASM', `${spec.origin}: ${what}: ${message}`, { cause: error });
  }
}

function findProblem(spec: PluginSpec, types: ModuleTypes): string | undefined {
  return hookProblem(types) ?? exportProblem(spec, types) ?? importProblem(types) ?? memoryProblem(spec, types);
}

function refuseUngranted({ origin, manifest, http }: PluginSpec): void {
  const read = (hosts: readonly string[] = []): HttpHost[] => hosts.flatMap((host) => parseHttpHost(host) ?? []);
  const granted = read(http?.hosts);
  const asked = manifest?.capabilities.http ?? [];
  const missing = asked.filter((host) => !read([host]).some((one) => granted.some((grant) => coversHttpHost(grant, one))));
  if (missing.length === 0) return;
  const has = http ? `it is granted ${JSON.stringify(http.hosts)}` : 'it is granted none';
  throw new HostError('PLUGIN_NOT_GRANTED', `${origin}: the plugin asks for HTTP access to ${missing.join(', ')}; ${has}`, {
    hint: `If you trust it with that, set "http": { "hosts": ${JSON.stringify(asked)} } beside \`use\` in its entry of the route.`,
  });
}

function abiProblem({ manifest }: PluginSpec): string | undefined {
  if (!manifest || manifest.abi === ABI_VERSION) return undefined;
  return `the module asks for framegate ABI ${manifest.abi}; this host speaks ABI ${ABI_VERSION}`;
}

function hookProblem(types: ModuleTypes): string | undefined {
  const exported = exportedHooks(types);
  if (!exported.includes('on_request_message') && !exported.includes('on_response_message')) {
    const others = types.exports.filter(({ kind }) => kind === 'function').map(({ name }) => name);
    return `it exports neither on_request_message nor on_response_message (exported functions: ${list(others) || 'none'})`;
  }
  return undefined;
}

function manifestProblem({ manifest }: PluginSpec, types: ModuleTypes): string | undefined {
  if (!manifest) return undefined;
  const exported = exportedHooks(types);
  const missing = manifest.hooks.filter((hook) => !exported.includes(hook));
  if (missing.length > 0) return `its manifest names hooks that it does not export: ${missing.join(', ')}`;
  const unnamed = exported.filter((hook) => !manifest.hooks.includes(hook));
  return unnamed.length > 0 ? `it exports hooks that its manifest does not name: ${unnamed.join(', ')}` : undefined;
}

function exportProblem({ manifest }: PluginSpec, types: ModuleTypes): string | undefined {
  const wanted: [string, FunctionType, required: boolean][] = HOOKS.map((hook) => [hook, HOOK_TYPE, false]);
  wanted.push(['_initialize', START_TYPE, false], ['__wasm_call_ctors', START_TYPE, false]);
  if (manifest)
    wanted.push(
      [GUEST_EXPORTS.io, HOOK_TYPE, true],
      [GUEST_EXPORTS.reserve, RESERVE_TYPE, true],
      [GUEST_EXPORTS.setup, HOOK_TYPE, false],
      [GUEST_EXPORTS.guard, HOOK_TYPE, false],
      [GUEST_EXPORTS.migrate, HOOK_TYPE, false],
    );
  for (const [name, type, required] of wanted) {
    const found = types.exports.find((item) => item.name === name);
    if (!found && required) return `it does not export ${name}, which framegate ABI v1 asks for: ${formatType(type)}`;
    if (found && found.kind !== 'function') return `its export ${name} is a ${found.kind}; wanted is a function ${formatType(type)}`;
    if (found?.type && formatType(found.type) !== formatType(type)) {
      return `its export ${name} has the type ${formatType(found.type)}; wanted is ${formatType(type)}`;
    }
  }
  return undefined;
}

function importProblem(types: ModuleTypes): string | undefined {
  for (const { module, name, kind, type } of types.imports) {
    const functions = IMPORT_TYPES.get(module);
    if (!functions)
      return `it imports ${kind} "${cut(name)}" from "${cut(module)}"; this host offers only ${[...IMPORT_TYPES.keys()].join(', ')}`;
    const wanted = functions.get(name);
    if (kind === 'memory') return `it imports its memory ("${cut(module)}" "${cut(name)}"); a plugin must define its own`;
    if (!wanted || kind !== 'function') return `it imports ${kind} "${cut(name)}" from "${module}", which has no such function`;
    if (type && formatType(type) !== formatType(wanted)) {
      return `it imports "${module}" "${name}" as ${formatType(type)}; its type is ${formatType(wanted)}`;
    }
  }
  return undefined;
}

function memoryProblem({ manifest }: PluginSpec, types: ModuleTypes): string | undefined {
  const exported = types.exports.some(({ name, kind }) => name === GUEST_EXPORTS.memory && kind === 'memory');
  if (exported) return undefined;
  if (manifest) return `it does not export its memory under the name "${GUEST_EXPORTS.memory}", which framegate ABI v1 asks for`;
  const wasi = types.imports.some(({ module }) => module === WASI_MODULE);
  return wasi ? `it imports WASI functions, but does not export its memory under the name "${GUEST_EXPORTS.memory}"` : undefined;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_NAMES).map(cut).join(', ');
  return names.length > LISTED_NAMES ? `${shown} and ${names.length - LISTED_NAMES} more` : shown;
}

function cut(name: string): string {
  return name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS)}…` : name;
}

function exportedHooks(types: ModuleTypes): Hook[] {
  return HOOKS.filter((hook) => types.exports.some(({ name }) => name === hook));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
