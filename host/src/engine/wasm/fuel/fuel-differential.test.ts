import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { HOOKS, type JsonObject, MANIFEST_SECTION, type PluginManifest, readCustomSection } from '@framegate/sdk/abi';
import { describe, expect, it } from 'vitest';
import { PluginCaller, text } from '../../../../../test/support/plugin-calls.js';
import { seededRandom } from '../../../../../test/support/random.js';
import { MAX_DEPTH, ROUND_INSTRUCTIONS, randomModule } from '../../../../../test/support/random-module.js';
import { assemble } from '../../../../../test/support/wat-guest.js';
import { validatePluginConfig } from '../../../config/plugin-config.js';
import { DEFAULT_LIMITS } from '../../../config/route-schema.js';
import { instantiatePlugin } from '../instantiate-plugin.js';
import { NARROW_COUNTER, WIDE_COUNTER } from './counter-type.js';
import { FUEL_EXPORT, injectFuel } from './inject-fuel.js';

const MODULES = 40;
const FUEL = 2_000_000_000;
const INSTRUCTIONS_A_UNIT = 8;
const CALLS = 4;
/** Functions that cost little charge their callers, and the host pays nothing. A trap leaves the last round unpaid, of each loop and function that ran. */
const UNPAID_ROUNDS = CALLS * MAX_DEPTH * 5;
const PLUGINS = new URL('../../../../../plugins/', import.meta.url);

/** For plugins that do not start with their defaults alone. */
const CONFIGS: Readonly<Record<string, JsonObject>> = {
  'json-path': { rules: [{ path: '$.content', value: 'NotContainedIn(hello)' }] },
  'json-schema': { schema: { type: 'object', properties: { content: { type: 'string', maxLength: 100 } } } },
  'rate-limit': { windows: [{ max: 5, windowMs: 60_000 }], buckets: [{ capacity: 8, intervalMs: 60_000 }] },
};

type Exports = Record<string, (...numbers: number[]) => number> & { readonly [name: string]: unknown };

/** All that a call leaves behind: result or trap, memory, globals. */
function observe(exports: Exports, ...numbers: number[]): unknown[] {
  let outcome: unknown;
  try {
    outcome = exports.run?.(...numbers);
  } catch (error) {
    outcome = String(error);
  }
  const memory = createHash('sha256')
    .update(new Uint8Array((exports.memory as unknown as WebAssembly.Memory).buffer))
    .digest('hex');
  return [outcome, memory, ...['g0', 'g1', 'rounds'].map((name) => globalOf(exports, name))];
}

function globalOf(exports: Exports, name: string): number {
  return Number((exports[name] as unknown as WebAssembly.Global).value);
}

describe('a metered module', () => {
  it.each([
    ['narrow', NARROW_COUNTER],
    ['wide', WIDE_COUNTER],
  ])('does what the module does without the pass, and pays for every round and call, with a %s counter', (_name, counter) => {
    const random = seededRandom('metered modules');
    for (let index = 0; index < MODULES; index++) {
      const wasm = assemble(randomModule(random)) as Uint8Array<ArrayBuffer>;
      const plain = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as Exports;
      const metered = new WebAssembly.Instance(new WebAssembly.Module(injectFuel(wasm, FUEL, counter) as Uint8Array<ArrayBuffer>))
        .exports as Exports;
      for (let call = 0; call < CALLS; call++) {
        const numbers = [random(1000) - 500, random(1000)];
        expect(observe(metered, ...numbers), `module ${index}`).toEqual(observe(plain, ...numbers));
      }
      const spent = FUEL - globalOf(metered, FUEL_EXPORT);
      expect(spent * INSTRUCTIONS_A_UNIT, `module ${index}`).toBeGreaterThanOrEqual(
        (globalOf(metered, 'rounds') - UNPAID_ROUNDS) * ROUND_INSTRUCTIONS,
      );
    }
  });

  const plugins = readdirSync(PLUGINS).filter((name) => existsSync(new URL(`${name}/dist/plugin.wasm`, PLUGINS)));

  it.each(plugins)('answers as the unmetered one does where the plugin is %s, on frames of up to 64 KiB', async (name) => {
    const wasm = readFileSync(new URL(`${name}/dist/plugin.wasm`, PLUGINS));
    const manifest = JSON.parse(Buffer.from(readCustomSection(wasm, MANIFEST_SECTION) ?? []).toString()) as PluginManifest;
    const start = async (limits: { fuel?: number }) => {
      const config = validatePluginConfig(name, manifest, CONFIGS[name] ?? {});
      const spec = { name, wasm, manifest, origin: name, config, limits: { ...DEFAULT_LIMITS, ...limits } };
      const policy = { onFault: 'closed', rejectStrategy: 'drop' } as const;
      return new PluginCaller(await instantiatePlugin({ ...spec, policy }, 'direct', { log() {} }));
    };
    const [plain, metered] = await Promise.all([start({ fuel: 0 }), start({})]);
    const sentence = 'The quick brown fox, dämlich wie er ist, jumps over the fucking lazy dog 🦊. ';
    const contents = ['', 'hello', 'what the fuck', 'hello', 'x'.repeat(200), sentence.repeat(800).slice(0, 60_000)];
    const frames = contents.flatMap((content) => [text(content), text(JSON.stringify({ type: 'message', name: 'ann', content }))]);
    for (const hook of HOOKS.filter((candidate) => manifest.hooks.includes(candidate))) {
      for (const frame of frames) {
        const answer = await metered.call(frame, hook);
        expect(answer).toEqual(await plain.call(frame, hook));
        expect(answer.kind).toBe('verdict');
      }
    }
  });
});
