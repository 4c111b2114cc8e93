import { readFileSync } from 'node:fs';
import {
  concatBytes,
  encodeName,
  type Hook,
  MANIFEST_SECTION,
  type PluginManifest,
  readSections,
  SECTION,
  writeSections,
} from '@framegate/sdk/abi';
import binaryen from 'binaryen';
import type { PluginSpec } from '../../host/src/engine/engine.js';

const FEATURES =
  binaryen.Features.BulkMemory | binaryen.Features.MutableGlobals | binaryen.Features.SignExt | binaryen.Features.ReferenceTypes;
const assembled = new Map<string, Uint8Array>();

/** The bytes of a module given as WebAssembly text. */
export function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(wat);
  try {
    module.setFeatures(FEATURES);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/** The assembled guests/NAME.wat. */
export function watGuest(name: string): Uint8Array {
  let bytes = assembled.get(name);
  if (!bytes) {
    bytes = assemble(readFileSync(new URL(`guests/${name}.wat`, import.meta.url), 'utf8'));
    assembled.set(name, bytes);
  }
  return bytes;
}

export function manifestOf(hooks: readonly Hook[], rest: Partial<PluginManifest> = {}): PluginManifest {
  return {
    abi: 1,
    name: 'guest',
    version: '1.0.0',
    hooks,
    capabilities: { state: ['plugin'], http: [] },
    response: 'per-recipient',
    ...rest,
  };
}

/** The module with a manifest section behind its own. */
export function withManifest(module: Uint8Array, manifest: PluginManifest): Uint8Array {
  const data = concatBytes([Uint8Array.from(encodeName(MANIFEST_SECTION)), new TextEncoder().encode(JSON.stringify(manifest))]);
  return writeSections([...readSections(module), { id: SECTION.custom, data }]);
}

const LIMITS = { deadlineMs: 1000, memoryBytes: 4 * 1_048_576, outputBytes: 1_048_576, stateBytes: 65_536 } as const;

/** A plugin made of guests/NAME.wat; called through ABI v1 if it has a manifest, else through the Otoroshi ABI. */
export function guestSpec(
  name: string,
  rest: Partial<Omit<PluginSpec, 'limits'>> & { limits?: Partial<PluginSpec['limits']> } = {},
): PluginSpec {
  const { limits, ...others } = rest;
  const wasm = others.wasm ?? watGuest(name);
  return {
    name,
    origin: `${name}.wat`,
    config: {},
    policy: { onFault: 'closed', rejectStrategy: 'drop' },
    ...others,
    wasm: others.manifest ? withManifest(wasm, others.manifest) : wasm,
    limits: { ...LIMITS, ...limits },
  };
}
