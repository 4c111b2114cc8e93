import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DEFAULT_HTTP_GRANT, DEFAULT_LIMITS, HostError, type PluginLimits, type PluginSpec, validatePluginConfig } from '@framegate/host';
import { type JsonObject, type PluginManifest, readManifest } from '@framegate/sdk/abi';
import { compilePlugin } from '@framegate/sdk/compiler';

export interface SpecOptions {
  /** As in the host's configuration file; validated against the plugin's schema, defaults filled in. */
  readonly config?: JsonObject;
  /** What the plugin may use; the host's defaults for the rest. */
  readonly limits?: Partial<PluginLimits>;
}

/**
 * A plugin as a host would load it. `.wasm` is taken as it is, with the source map beside it; anything else is source and compiled first.
 * Rejects with a HostError what is no module, a manifest that is none, and a config that fails its schema.
 */
export async function readPluginSpec(file: string | URL, options: SpecOptions): Promise<PluginSpec> {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  const { wasm, sourceMap } = path.endsWith('.wasm')
    ? { wasm: await readFile(path), sourceMap: await readFile(`${path}.map`, 'utf8').catch(() => undefined) }
    : await compilePlugin({ entry: path });
  const manifest = manifestOf(path, wasm);
  const name = manifest?.name ?? 'plugin';
  return {
    name,
    wasm,
    ...(manifest ? { manifest } : {}),
    ...(sourceMap ? { sourceMap } : {}),
    origin: path,
    config: validatePluginConfig(name, manifest, options.config ?? {}),
    // one instance to the end: a test that moves the clock by hours keeps it, and a leak shows
    limits: { ...DEFAULT_LIMITS, recycle: undefined, ...options.limits },
    http: { ...DEFAULT_HTTP_GRANT, hosts: hostsOf(manifest) },
    policy: { onFault: 'closed', rejectStrategy: 'drop' },
  };
}

function hostsOf(manifest: PluginManifest | undefined): readonly string[] {
  return manifest ? [...manifest.capabilities.http, ...(manifest.capabilities.httpOptional ?? [])] : ['*:*'];
}

function manifestOf(path: string, wasm: Uint8Array): PluginManifest | undefined {
  try {
    return readManifest(wasm);
  } catch (error) {
    const { message } = error as Error;
    throw new HostError(error instanceof RangeError ? 'PLUGIN_NOT_WASM' : 'PLUGIN_INVALID', `${path}: ${message}`, { cause: error });
  }
}
