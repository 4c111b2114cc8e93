import type { PluginConfig } from '../config/config-schema.js';
import type { PluginModule } from '../config/plugin-source.js';
import { checkTrust, type PluginTrust, type TrustSubject } from '../config/plugin-trust.js';
import { HostError } from '../errors.js';
import type { PluginVersion } from './plugin-slot.js';
import type { StoredVersion, VersionStore } from './version-store.js';

/** A version of the history with its file, to run once more. Rejects with PLUGIN_UNTRUSTED if it may not by the pin and the keys of now, else as the store does. */
export async function restored(
  config: PluginConfig,
  { sha256, origin: file }: StoredVersion,
  { store, trust }: { readonly store: VersionStore; readonly trust: PluginTrust },
): Promise<PluginModule> {
  refuseUnpinned(config, sha256);
  const module = { ...(await store.file(sha256)), file };
  checkTrust(module, config.sha256, trust, subjectOf(sha256, file));
  return module;
}

/** The same for a version that is at hand: it was trusted when it came, under the configuration of then. Throws PLUGIN_UNTRUSTED. */
export function checkAgain(config: PluginConfig, { spec: { wasm, origin }, sha256, signature }: PluginVersion, trust: PluginTrust): void {
  refuseUnpinned(config, sha256);
  checkTrust({ wasm, ...(signature === undefined ? {} : { signature }) }, config.sha256, trust, subjectOf(sha256, origin));
}

/** Who pins a version means that one, whatever an operator restores. */
export function refuseUnpinned({ sha256: pin }: PluginConfig, sha256: string): void {
  if (pin === undefined || pin.toLowerCase() === sha256) return;
  throw new HostError('PLUGIN_UNTRUSTED', `The version ${sha256} is not the one that \`sha256\` in the route lets run (${pin}).`, {
    hint: 'Pin the version that you want in the configuration, or take the pin away.',
  });
}

function subjectOf(sha256: string, origin: string): TrustSubject {
  const module = `the kept version ${sha256} of ${origin}`;
  return {
    module,
    signature: `the signature of ${module}`,
    unsigned: 'was kept without a signature',
    hint: `Load its file again with a signature by a key of the list beside it, or sign it where it is kept: framegate sign FOLDER/${sha256}.wasm --key KEY, FOLDER being plugins.folder.`,
  };
}
