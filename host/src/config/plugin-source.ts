import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PluginManifest, readManifest, readSections } from '@framegate/sdk/abi';
import type { PluginSpec } from '../engine/engine.js';
import { describeNotWasm } from '../engine/wasm/load-checks.js';
import { HostError } from '../errors.js';
import { IrregularFileError, readRegularFile } from '../regular-file.js';
import type { PluginConfig } from './config-schema.js';
import { installedPlugins } from './installed-plugins.js';
import { nearest } from './nearest.js';
import { validatePluginConfig } from './plugin-config.js';
import { checkTrust, type PluginTrust, readSignature, type SignedModule } from './plugin-trust.js';

const TRUST_ANY: PluginTrust = { requireSigned: false, keys: [] };

/** Where `use` leads: an absolute path. Throws PLUGIN_NOT_FOUND for a package that is not installed. Relative paths start at `folder`. */
export function pluginFile(use: string, folder: string): string {
  refuseSource(use);
  return isPath(use) ? resolve(folder, use) : resolvePackage(use, folder);
}

/** Finds, reads and checks one plugin; nothing of it is run. */
export async function loadPlugin(plugin: PluginConfig, folder: string, trust: PluginTrust = TRUST_ANY): Promise<PluginSpec> {
  return specOf(plugin, await readPlugin(plugin, folder, trust));
}

/** A plugin's module, read from `file` at some time. */
export interface PluginModule extends SignedModule {
  readonly file: string;
  /** JSON. */
  readonly sourceMap?: string;
}

/** Finds and reads one plugin, and checks whether it is to be trusted. */
export async function readPlugin(plugin: PluginConfig, folder: string, trust: PluginTrust): Promise<PluginModule> {
  const file = pluginFile(plugin.use, folder);
  const wasm = await readModule(plugin.use, file, trust.maxFileBytes);
  const signature = await readSignature(file);
  const signed = { wasm, ...(signature === undefined ? {} : { signature }) };
  checkTrust(signed, plugin.sha256, trust, {
    module: file,
    signature: `${file}.sig`,
    unsigned: `is not signed (there is no ${file}.sig)`,
    hint: 'Sign it with `framegate sign FILE --key KEY`, or pin it with `sha256` in its route.',
  });
  const sourceMap = await readRegularFile(`${file}.map`).then(String, () => undefined);
  return { ...signed, file, ...(sourceMap === undefined ? {} : { sourceMap }) };
}

/** Checks a module's manifest and the route's configuration of it. Throws a HostError that names the plugin, its file and why. */
export function specOf(plugin: PluginConfig, { wasm, file, sourceMap }: PluginModule): PluginSpec {
  const manifest = manifestOf(wasm, file);
  const name = plugin.name ?? manifest?.name ?? basename(file, '.wasm');
  return {
    name,
    wasm,
    ...(manifest === undefined ? {} : { manifest }),
    ...(sourceMap === undefined ? {} : { sourceMap }),
    origin: file,
    config: validatePluginConfig(name, manifest, plugin.config),
    limits: plugin.limits,
    ...(plugin.http.hosts.length === 0 ? {} : { http: plugin.http }),
    ...(plugin.record === undefined ? {} : { record: plugin.record }),
    policy: { onFault: plugin.onFault, rejectStrategy: plugin.rejectStrategy },
  };
}

/** Whether `use` names a file, and not a package. */
export function isPath(use: string): boolean {
  return use.startsWith('.') || use.startsWith('/') || use.endsWith('.wasm');
}

function refuseSource(use: string): void {
  const built = use.replace(/\.[cm]?[jt]sx?$/, '.wasm');
  if (built === use) return;
  throw new HostError(
    'PLUGIN_NOT_WASM',
    `Plugin "${use}" is source code; build it first: framegate build ${use}, then set \`use\` to "${built}".`,
    { hint: 'The host runs compiled plugins only; `framegate build` compiles TypeScript and JavaScript.' },
  );
}

/** `copypasta` is @framegate/plugin-copypasta; a name with a scope or a prefix is the package itself. Looked for beside the configuration, then beside the host. */
function resolvePackage(use: string, folder: string): string {
  const name = use.includes('/') || use.startsWith('framegate-plugin-') ? use : `@framegate/plugin-${use}`;
  const places = [join(folder, 'framegate.config.json'), fileURLToPath(import.meta.url)];
  for (const from of places) {
    try {
      return createRequire(from).resolve(`${name}/plugin.wasm`);
    } catch {
      // Not installed there.
    }
  }
  const installed = installedPlugins(places);
  const near = nearest(name.replace(/^@framegate\/plugin-/, ''), installed);
  const instead = near === undefined ? `installed are: ${installed.join(', ') || 'none'}` : `did you mean "${near}"?`;
  throw new HostError(
    'PLUGIN_NOT_FOUND',
    `There is no plugin "${use}": the package ${name} with a plugin.wasm is not installed in ${folder} nor beside the host; ${instead}`,
    {
      // a slip must not become the installation of whatever somebody published under it
      hint: `${near === undefined ? 'Correct `use`, or install the package' : `Set \`use\` to "${near}"`}; a path to a file starts with ./ or ends in .wasm.`,
    },
  );
}

async function readModule(use: string, file: string, maxBytes = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(file, { maxBytes, oversized: (size) => tooLarge(use, file, size, maxBytes) });
  } catch (error) {
    if (error instanceof HostError) throw error;
    if (error instanceof IrregularFileError) {
      throw new HostError('PLUGIN_NOT_WASM', `Plugin "${use}": cannot read ${file}: ${error.message}.`, { cause: error });
    }
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such file' : (error as Error).message;
    throw new HostError('PLUGIN_NOT_FOUND', `Plugin "${use}": cannot read ${file}: ${why}.`, { cause: error });
  }
  const problem = describeNotWasm(bytes) ?? truncation(bytes);
  if (problem !== undefined) throw new HostError('PLUGIN_NOT_WASM', `Plugin "${use}": ${file} ${problem}.`);
  return bytes;
}

function tooLarge(use: string, file: string, size: number, max: number): HostError {
  return new HostError('PLUGIN_INVALID', `Plugin "${use}": ${file} has ${size} bytes; plugins.maxFileBytes is ${max}.`, {
    hint: 'Build it without source text and data that it does not need, or raise plugins.maxFileBytes.',
  });
}

function truncation(bytes: Uint8Array): string | undefined {
  try {
    readSections(bytes);
    return undefined;
  } catch (error) {
    return `is truncated: ${(error as Error).message}`;
  }
}

function manifestOf(wasm: Uint8Array, file: string): PluginManifest | undefined {
  try {
    return readManifest(wasm);
  } catch (error) {
    throw new HostError('PLUGIN_INVALID', `${file} has a manifest that cannot be used: ${(error as Error).message}`, {
      cause: error,
      hint: 'Rebuild the plugin with this version of the SDK: `framegate build`.',
    });
  }
}
