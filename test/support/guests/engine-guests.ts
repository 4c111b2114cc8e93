import { readFileSync } from 'node:fs';
import {
  encodeName,
  encodeU32,
  HOOKS,
  type JsonObject,
  MANIFEST_SECTION,
  type PluginGuards,
  type PluginManifest,
  type StateScope,
} from '@framegate/sdk/abi';
import binaryen from 'binaryen';
import type { PluginSpec } from '../../../host/src/engine/engine.js';

const PUPPET: PluginManifest = {
  abi: 1,
  name: 'puppet',
  version: '1.0.0',
  hooks: HOOKS,
  capabilities: { state: ['plugin', 'connection'], http: [] },
  response: 'per-recipient',
};

const assembled = new Map<string, Uint8Array>();

/** A plugin that does what a frame says (engine-puppet.wat). `name` must be one letter: the first byte of the frames it obeys. */
export function puppet(
  name: string,
  change: { limits?: Partial<PluginSpec['limits']>; policy?: Partial<PluginSpec['policy']> } = {},
): PluginSpec {
  return {
    name,
    wasm: withManifest(assemble('engine-puppet.wat'), PUPPET),
    manifest: PUPPET,
    origin: `${name}: engine-puppet.wat`,
    config: { me: name },
    limits: { deadlineMs: 1000, memoryBytes: 64 * 1_048_576, outputBytes: 1_048_576, stateBytes: 1_048_576, ...change.limits },
    policy: { onFault: 'open', rejectStrategy: 'drop', ...change.policy },
  };
}

/** A plugin that counts in the state scope that a frame names (engine-tally.wat), and asks for these scopes. */
export function tally(name: string, scopes: readonly StateScope[], limits: Partial<PluginSpec['limits']> = {}): PluginSpec {
  const hooks = ['on_request_message', 'on_response_message'] as const;
  const manifest = { ...PUPPET, hooks, capabilities: { state: scopes, http: [] } };
  return { ...puppet(name, { limits }), manifest, origin: 'engine-tally.wat', wasm: withManifest(assemble('engine-tally.wat'), manifest) };
}

/** A plugin that keeps what frames made by keeping.ts say (engine-keeper.wat), and asks for these scopes. */
export function keeper(name: string, scopes: readonly StateScope[], limits: Partial<PluginSpec['limits']> = {}): PluginSpec {
  const hooks = ['on_request_message', 'on_response_message'] as const;
  const manifest = { ...PUPPET, hooks, capabilities: { state: scopes, http: [] } };
  return {
    ...puppet(name, { limits }),
    manifest,
    origin: 'engine-keeper.wat',
    wasm: withManifest(assemble('engine-keeper.wat'), manifest),
  };
}

/** A plugin that can't be started: its initialisation loops for ever. Without fuel only the thread's end stops it. */
export function loopAtStart(name: string, limits: Partial<PluginSpec['limits']> = { fuel: 0 }): PluginSpec {
  const manifest = { ...PUPPET, hooks: ['on_request_message'] } as const;
  return {
    ...puppet(name, { limits }),
    manifest,
    origin: 'engine-loop-at-start.wat',
    wasm: withManifest(assemble('engine-loop-at-start.wat'), manifest),
  };
}

/** A plugin that loops for ever on every request, the made-up ones of its rehearsal among them (engine-loop.wat). */
export function loopAlways(name: string, limits: Partial<PluginSpec['limits']> = {}): PluginSpec {
  const manifest = { ...PUPPET, hooks: ['on_request_message'] } as const;
  return {
    ...puppet(name, { limits }),
    manifest,
    origin: 'engine-loop.wat',
    wasm: withManifest(assemble('engine-loop.wat'), manifest),
  };
}

/** A plugin whose guards are these; what it is called for becomes a binary frame (guarded.wat). */
export function guarded(guards: PluginGuards): PluginSpec {
  const manifest: PluginManifest = {
    ...PUPPET,
    name: 'guarded',
    hooks: ['on_request_message', 'on_response_message'],
    response: 'per-message',
    capabilities: { state: ['plugin'], http: [] },
  };
  const config = guards as JsonObject;
  return { ...puppet('guarded'), manifest, origin: 'guarded.wat', config, wasm: withManifest(assemble('guarded.wat'), manifest) };
}

/** The Wasm of a WAT file in this folder. */
export function assemble(file: string): Uint8Array {
  let wasm = assembled.get(file);
  if (!wasm) {
    const module = binaryen.parseText(readFileSync(new URL(file, import.meta.url), 'utf8'));
    module.setFeatures(
      binaryen.Features.BulkMemory | binaryen.Features.BulkMemoryOpt | binaryen.Features.MutableGlobals | binaryen.Features.SignExt,
    );
    if (!module.validate()) throw new Error(`${file} is not valid WebAssembly`);
    wasm = module.emitBinary();
    module.dispose();
    assembled.set(file, wasm);
  }
  return wasm;
}

function withManifest(wasm: Uint8Array, manifest: PluginManifest): Uint8Array {
  const data = [...encodeName(MANIFEST_SECTION), ...new TextEncoder().encode(JSON.stringify(manifest))];
  return Uint8Array.of(...wasm, 0, ...encodeU32(data.length), ...data);
}
