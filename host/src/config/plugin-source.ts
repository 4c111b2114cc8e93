import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { isWasm, type PluginManifest, readManifest } from '@framegate/sdk/abi';
import type { PluginSpec } from '../engine/engine.js';
import { HostError } from '../errors.js';
import type { PluginConfig } from './config-schema.js';
import { validatePluginConfig } from './plugin-config.js';

/** Reads the enabled plugins of one route, in order. Rejects with a HostError that names the plugin, its file and why. */
export async function loadPlugins(plugins: readonly PluginConfig[], folder: string): Promise<PluginSpec[]> {
  const specs: PluginSpec[] = [];
  for (const plugin of plugins) {
    if (!plugin.enabled) continue;
    const spec = await loadPlugin(plugin, folder);
    const twin = specs.find((other) => other.name === spec.name);
    if (twin !== undefined) {
      throw new HostError(
        'CONFIG_INVALID',
        `Two plugins of one route are called "${spec.name}" (${twin.origin} and ${spec.origin}). Give one of them another \`name\`: state belongs to the name.`,
      );
    }
    specs.push(spec);
  }
  return specs;
}

/** Finds, reads and checks one plugin; nothing of it is run. Relative paths start at `folder`. */
export async function loadPlugin(plugin: PluginConfig, folder: string): Promise<PluginSpec> {
  const file = isPath(plugin.use) ? resolve(folder, plugin.use) : resolvePackage(plugin.use, folder);
  const wasm = await readModule(plugin.use, file);
  const manifest = manifestOf(wasm, file);
  const name = plugin.name ?? manifest?.name ?? basename(file, '.wasm');
  const sourceMap = await readFile(`${file}.map`, 'utf8').catch(() => undefined);
  return {
    name,
    wasm,
    ...(manifest === undefined ? {} : { manifest }),
    ...(sourceMap === undefined ? {} : { sourceMap }),
    origin: file,
    config: validatePluginConfig(name, manifest, plugin.config),
    limits: plugin.limits,
    policy: { onFault: plugin.onFault, rejectStrategy: plugin.rejectStrategy },
  };
}

function isPath(use: string): boolean {
  return use.startsWith('.') || use.startsWith('/') || use.endsWith('.wasm');
}

/** `copypasta` is @framegate/plugin-copypasta; a name with a scope or a prefix is the package itself. Looked for beside the configuration, then beside the host. */
function resolvePackage(use: string, folder: string): string {
  const name = use.includes('/') || use.startsWith('framegate-plugin-') ? use : `@framegate/plugin-${use}`;
  for (const from of [join(folder, 'framegate.config.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve(`${name}/plugin.wasm`);
    } catch {
      // Not installed there.
    }
  }
  throw new HostError(
    'PLUGIN_NOT_FOUND',
    `There is no plugin "${use}": the package ${name} with a plugin.wasm is not installed in ${folder} nor beside the host. A path starts with ./ or ends in .wasm.`,
  );
}

async function readModule(use: string, file: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EISDIR') throw new HostError('PLUGIN_NOT_WASM', `Plugin "${use}": ${file} is a folder.`, { cause: error });
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such file' : (error as Error).message;
    throw new HostError('PLUGIN_NOT_FOUND', `Plugin "${use}": cannot read ${file}: ${why}.`, { cause: error });
  }
  if (bytes.length === 0) throw new HostError('PLUGIN_NOT_WASM', `Plugin "${use}": ${file} is empty.`);
  if (!isWasm(bytes)) {
    throw new HostError(
      'PLUGIN_NOT_WASM',
      `Plugin "${use}": ${file} is not WebAssembly: it starts with ${bytes.subarray(0, 4).toString('hex')}, not 0061736d.`,
    );
  }
  return bytes;
}

function manifestOf(wasm: Uint8Array, file: string): PluginManifest | undefined {
  try {
    return readManifest(wasm);
  } catch (error) {
    throw new HostError('PLUGIN_INVALID', `${file} has a manifest that cannot be used: ${(error as Error).message}`, { cause: error });
  }
}
