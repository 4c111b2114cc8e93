import type { Capabilities, PluginManifest } from '@framegate/sdk/abi';

/** Something a plugin may do that needs an operator's word: `state:room`, `http:api.example.com`. */
export type Grant = string;

/** What a module asks for. One without a manifest (a plain Extism module) has Vars, which are state of scope `plugin`. */
export function grantsOf(manifest: PluginManifest | undefined): readonly Grant[] {
  if (manifest === undefined) return ['state:plugin'];
  return describeCapabilities(manifest.capabilities);
}

function describeCapabilities({ state, http, httpOptional = [] }: Capabilities): readonly Grant[] {
  const hosts = new Set([...http, ...httpOptional]);
  return [...state.map((scope) => `state:${scope}`), ...Array.from(hosts, (host) => `http:${host}`)].sort();
}

/** What is asked for beyond what was approved; empty: nothing new. */
export function beyond(asked: readonly Grant[], approved: readonly Grant[]): readonly Grant[] {
  return asked.filter((grant) => !approved.includes(grant));
}
