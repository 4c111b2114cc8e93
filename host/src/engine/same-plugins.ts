import type { PluginSpec } from './engine.js';

/** Whether these are the very same plugins, configured in the same way. */
export function areSamePlugins(one: readonly PluginSpec[], other: readonly PluginSpec[]): boolean {
  return one.length === other.length && one.every((spec, index) => spec === other[index]);
}
