import { type PluginManifest, readManifest } from '@framegate/sdk/abi';
import type { PluginSpec } from '../../../host/src/engine/engine.js';
import { buildPlugin } from '../plugin-files.js';
import { manifestOf, watGuest, withManifest } from '../wat-guest.js';

/** Each version keeps a count in its own form, and fails on any other: 1 a number, 2 an object, 3 a list. */
const FORMS = {
  '1.0.0': { is: "typeof kept === 'number'", read: 'kept', write: 'n', migrate: '' },
  '2.0.0': {
    is: 'kept.n !== undefined',
    read: 'kept.n',
    write: '{ n }',
    migrate: "entry.set({ n: typeof kept === 'number' ? kept : kept[0] })",
  },
  '3.0.0': { is: 'Array.isArray(kept)', read: 'kept[0]', write: '[n]', migrate: "entry.set([typeof kept === 'number' ? kept : kept.n])" },
  // The first version again, as somebody writes it who has to go back.
  '1.0.1': {
    is: "typeof kept === 'number'",
    read: 'kept',
    write: 'n',
    migrate: "entry.set(typeof kept === 'number' ? kept : (kept.n ?? kept[0]))",
  },
} as const;
export type StrikesVersion = keyof typeof FORMS;

export interface StrikesOptions {
  readonly limits?: Partial<PluginSpec['limits']>;
  readonly onFault?: 'open' | 'closed';
}

/** Counts frames `SCOPE KEY` and answers `VERSION COUNT`; `delete SCOPE KEY` forgets one, `spin` never ends. State of rooms and connections: it is spread over workers. */
export async function strikes(version: StrikesVersion, { limits = {}, onFault = 'closed' }: StrikesOptions = {}): Promise<PluginSpec> {
  const { is, read, write, migrate } = FORMS[version];
  const wasm = await buildPlugin(`{
    name: 'strikes', version: '${version}', capabilities: { state: ['room', 'connection'] },
    onRequest(frame, ctx) {
      const [scope, key, forgotten] = frame.text.split(' ');
      if (scope === 'spin') for (;;);
      if (scope === 'delete') { ctx.state[key].delete(forgotten); return; }
      const kept = ctx.state[scope].get(key);
      if (kept !== undefined && !(${is})) throw new Error('not my form: ' + JSON.stringify(kept));
      const n = (kept === undefined ? 0 : ${read}) + 1;
      ctx.state[scope].set(key, ${write});
      return sdk.replace('${version} ' + n);
    },
    ${migrate === '' ? '' : `migrate(from, ctx) { ctx.log.info('migrates from ' + from); for (const entry of ctx.entries()) { const kept = entry.get(); ${migrate}; } },`}
  }`);
  return specOf(wasm, readManifest(wasm) as PluginManifest, limits, onFault);
}

/** Passes every frame. What its migration does with an entry, the last letter of its key says (migrate.wat). */
export function puppetOfKeys(version: string, limits: Partial<PluginSpec['limits']> = {}): PluginSpec {
  const manifest = manifestOf(['on_request_message'], {
    name: 'strikes',
    version,
    capabilities: { state: ['room', 'connection'], http: [] },
  });
  return specOf(withManifest(watGuest('migrate'), manifest), manifest, limits, 'closed');
}

function specOf(wasm: Uint8Array, manifest: PluginManifest, limits: Partial<PluginSpec['limits']>, onFault: 'open' | 'closed'): PluginSpec {
  return {
    name: manifest.name,
    wasm,
    manifest,
    origin: `${manifest.name} ${manifest.version}`,
    config: {},
    limits: { deadlineMs: 400, memoryBytes: 64 * 1_048_576, outputBytes: 1_048_576, stateBytes: 65_536, ...limits },
    policy: { onFault, rejectStrategy: 'drop' },
  };
}
