import type { Hook } from '@framegate/sdk/abi';
import type { PluginSpec } from './engine.js';

/**
 * Whether one run of the response hooks holds for everybody in a room: every plugin that has the hook declares `per-message` and
 * asks for no state of a user or a connection, which would be somebody's. `hooks`: each plugin's.
 */
export function isResponsePerMessage(plugins: readonly PluginSpec[], hooks: readonly ReadonlySet<Hook>[]): boolean {
  return plugins.every(({ manifest }, index) => {
    if (!hooks[index]?.has('on_response_message')) return true;
    if (manifest?.response !== 'per-message') return false;
    return !manifest.capabilities.state.some((scope) => scope === 'user' || scope === 'connection');
  });
}
