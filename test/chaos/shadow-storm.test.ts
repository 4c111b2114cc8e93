import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host, HostConfigInput } from '../../host/src/index.js';
import { answersOf, type Line, sayInBursts } from '../support/conversation.js';
import { connect, type RunningHost, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, temporaryFolder } from '../support/plugin-files.js';
import { seededRandom } from '../support/random.js';
import { assemble, manifestOf, withManifest } from '../support/wat-guest.js';

stopAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('shadow-storm');
});
afterEach(() => rm(folder, { recursive: true }));

const NEVER = 1_000_000;
const CLIENTS = 8;
const BURST = 24;
const LINES = 80;
const ALL = { percent: 100, http: false, approved: false } as const;
const HOOKS = ['on_request_message', 'on_response_message'] as const;

/**
 * Counts and stamps what passes both ways, and drops what begins with "-". With `harm` it is the candidate, which does that on requests that
 * begin with "!"; with `always`, on every frame.
 */
function stamp(version: string, harm = '', always = false): Promise<Uint8Array> {
  return buildPlugin(`{
    name: 'stamp', version: '${version}', capabilities: { state: ['connection'] },
    onRequest(frame, ctx) {
      if (${always} || frame.text.startsWith('!')) { ${harm} }
      if (frame.text.startsWith('!')) return sdk.replace(frame.text + ' seen');
      const count = ctx.state.connection.add('in');
      if (frame.text.startsWith('-')) return sdk.drop('unwanted');
      return sdk.replace(frame.text + ' ' + count);
    },
    onResponse(frame, ctx) {
      if (${always}) { ${harm} }
      return sdk.replace(frame.text + ' ' + ctx.state.connection.add('out'));
    },
  }`);
}

/** A candidate in WebAssembly text that does this on such frames, and passes all others. */
function wat(harm: string, always = false): Uint8Array {
  const whens = always
    ? ['(i32.const 1)', '(i32.const 1)']
    : ['(i32.eq (i32.load8_u (i32.load (i32.const 1032))) (i32.const 33))', '(i32.const 0)'];
  const hook = (name: string, index: number) => `(func (export "${name}") (result i32) (if ${whens[index]} (then ${harm})) (i32.const 0))`;
  const module = assemble(`(module
    (memory (export "memory") 8)
    (func (export "framegate_io") (result i32) (i32.const 1024))
    (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
    ${HOOKS.map(hook).join('\n')})`);
  const about = { name: 'stamp', version: '2.0.0', capabilities: { state: ['connection'], http: [] } } as const;
  return withManifest(module, manifestOf(HOOKS, about));
}

type Limits = NonNullable<NonNullable<NonNullable<HostConfigInput['routes']>[number]['plugins']>[number]['limits']>;
const PLENTY: Limits = { deadlineMs: 30_000 };

/** A candidate that keeps a thread busy has long to start on a busy machine. */
const ENGINE = { workers: 2, startTimeoutMs: 60_000 } as const;

async function start(limits: Limits, rest: Partial<HostConfigInput> = {}): Promise<RunningHost> {
  await writeFile(join(folder, 'stamp.wasm'), await stamp('1.0.0'));
  const { url } = await startUpstream();
  const plugins = [{ use: './stamp.wasm', onFault: 'open' as const, limits }];
  const { plugins: options, ...others } = rest;
  return startHost(
    { plugins: { watchMs: 0, ...options }, routes: [{ name: 'up', path: '/up', backend: { kind: 'upstream', url }, plugins }], ...others },
    { folder },
  );
}

const trialOf = (host: Host) => host.plugins.list().get('up')?.[0]?.trial;

/** Resolves when that many frames have been compared, or skipped. */
async function compared(host: Host, count: number) {
  for (;;) {
    const { shadow, ended } = trialOf(host) ?? {};
    if (shadow !== undefined && shadow.compared + shadow.skipped >= count) return shadow;
    if (ended !== undefined) throw new Error(`the trial has ended: ${ended.reason}`);
    await new Promise(setImmediate);
  }
}

/** What one client says: numbered, some of it dropped, some of it harmful to the candidate; the last line has an answer. */
class Script {
  readonly lines: Line[] = [];
  harmful = 0;
  dropped = 0;
  #in = 0;
  #out = 0;

  /** Of a hundred lines so many are harmful; any number of calls go on where the one before ended. */
  write(lines: number, harmful: number, random: (below: number) => number): readonly Line[] {
    const fresh: Line[] = [];
    for (let index = 0; index < lines; index++) {
      const number = this.lines.length + fresh.length;
      const roll = random(100);
      if (roll < harmful) {
        this.harmful += 1;
        fresh.push({ message: `!${number}`, answer: `!${number} seen ${++this.#out}` });
        continue;
      }
      this.#in += 1;
      if (roll < harmful + 10 && index < lines - 1) {
        this.dropped += 1;
        fresh.push({ message: `-${number}` });
      } else fresh.push({ message: `${number}`, answer: `${number} ${this.#in} ${++this.#out}` });
    }
    this.lines.push(...fresh);
    return fresh;
  }
}

async function party(url: string): Promise<{ readonly script: Script; readonly say: (lines: readonly Line[]) => Promise<void> }[]> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(`${url}/up`)));
  return clients.map((client) => ({
    script: new Script(),
    say: async (lines) => expect(await sayInBursts(client, lines, BURST)).toEqual(answersOf(lines)),
  }));
}

interface Harm {
  readonly make: (always: boolean) => Promise<Uint8Array> | Uint8Array;
  /** Of every harmful frame; absent: it does no harm to the verdict. */
  readonly fault?: string;
  readonly limits?: Limits;
}

const HARMS: Readonly<Record<string, Harm>> = {
  'that traps': { make: (always) => wat('(unreachable)', always), fault: 'PLUGIN_TRAP' },
  'that throws': { make: (always) => stamp('2.0.0', `throw new Error('no ' + frame.text);`, always), fault: 'PLUGIN_ERROR' },
  'whose records lie outside of its memory': {
    make: (always) => wat('(i32.store (i32.const 1044) (i32.const 3)) (i32.store (i32.const 1048) (i32.const 0x7ffffff0))', always),
    fault: 'PLUGIN_OUTPUT_INVALID',
  },
  'whose records are junk': {
    make: (always) =>
      wat(
        '(i32.store (i32.const 2048) (i32.const 77)) (i32.store (i32.const 1044) (i32.const 1)) (i32.store (i32.const 1048) (i32.const 2048))',
        always,
      ),
    fault: 'PLUGIN_OUTPUT_INVALID',
  },
  'that answers more than it may': {
    make: (always) => stamp('2.0.0', `return sdk.replace('x'.repeat(100_000));`, always),
    fault: 'PLUGIN_OUTPUT_TOO_LARGE',
    limits: { outputBytes: 50_000 },
  },
  'that runs out of fuel': {
    make: (always) => stamp('2.0.0', 'for (;;);', always),
    fault: 'PLUGIN_FUEL',
    limits: { fuel: 2_000_000 },
  },
  'that fills its memory': {
    make: (always) => stamp('2.0.0', 'const all = []; for (;;) all.push(new Uint8Array(1_000_000).fill(1));', always),
    fault: 'PLUGIN_OUT_OF_MEMORY',
    limits: { memoryBytes: 8 * 1_048_576 },
  },
  'that floods the log': {
    make: (always) => stamp('2.0.0', `for (let line = 0; line < 200; line++) ctx.log.warn('flood '.repeat(2_000));`, always),
    limits: { logLines: 20, logLineBytes: 100 },
  },
};

describe('a version in shadow under load', () => {
  it.each(Object.entries(HARMS))('%s on some frames costs no live frame anything, and the report counts them', async (what, harm) => {
    const random = seededRandom(`shadow ${what}`);
    const limits = { ...PLENTY, ...harm.limits };
    const { host, url, log } = await start(limits, {
      engine: { ...ENGINE, breaker: { faultsInARow: NEVER } },
      plugins: { shadow: { maxQueuedBytes: 64 * 1_048_576 } },
    });
    await writeFile(join(folder, 'next.wasm'), await harm.make(false));
    const everybody = await party(url);
    const started = performance.now();
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    await Promise.all(everybody.map(({ script, say }) => say(script.write(LINES, 8, random))));
    const sum = (key: 'harmful' | 'dropped') => everybody.reduce((total, { script }) => total + script[key], 0);
    const harmful = sum('harmful');
    const total = 2 * CLIENTS * LINES - sum('dropped');
    const report = await compared(host, total);
    expect(report).toMatchObject({ compared: total, skipped: 0, faults: harm.fault === undefined ? 0 : harmful });
    // Excerpts are kept of so many a second: there may be none of a harmful frame where others differ as well.
    for (const { frame, running, candidate } of report.differences.filter((one) => one.candidate.fault !== undefined))
      expect([frame.text[0], running.kind, candidate.fault]).toEqual(['!', 'replace', harm.fault]);
    if (harm.fault === undefined) {
      expect(report).toMatchObject({ same: total, different: 0 });
      const lines = log.lines.filter(({ message }) => message === 'plugin log');
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(40 * Math.ceil((performance.now() - started) / 1000 + 1));
      for (const { fields } of lines) expect(fields).toMatchObject({ shadow: true, route: 'up' });
    }
    expect(trialOf(host)).not.toHaveProperty('ended');
    expect(host.plugins.list().get('up')?.[0]).toMatchObject({ version: '1.0.0', enabled: true });
    expect(
      log.lines.filter(({ level, message }) => level !== 'debug' && message !== 'plugin log' && message !== 'plugin-trial-started'),
    ).toEqual([]);
  });

  it.each(Object.entries(HARMS).filter(([, { fault }]) => fault !== undefined))(
    '%s on every frame gives up by itself and says why, while live frames flow',
    async (what, harm) => {
      const random = seededRandom(`shadow ${what}, always`);
      const { host, url, log } = await start({ ...PLENTY, ...harm.limits }, { engine: { ...ENGINE, breaker: { faultsInARow: 50 } } });
      await writeFile(join(folder, 'next.wasm'), await harm.make(true));
      const everybody = await party(url);
      await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
      const ended = log.next('plugin-trial-ended');
      await Promise.all(
        everybody.map(async ({ script, say }) => {
          do await say(script.write(60, 8, random));
          while (trialOf(host)?.ended === undefined);
          await say(script.write(30, 8, random));
        }),
      );
      expect((await ended).fields).toMatchObject({ failed: true, reason: 'the candidate failed again and again and was quarantined' });
      const { shadow, stage } = trialOf(host) ?? {};
      expect(stage).toBe('shadow');
      // The one that brought the quarantine about comes before it is counted.
      expect(shadow?.faults).toBeGreaterThanOrEqual(49);
      expect(shadow).toMatchObject({ same: 0, compared: shadow?.faults, by: { kind: shadow?.faults } });
      expect(new Set(shadow?.differences.map(({ candidate }) => candidate.fault))).toEqual(new Set([harm.fault]));
      expect(host.plugins.list().get('up')?.[0]).toMatchObject({ version: '1.0.0', enabled: true });
    },
  );

  it('that is always behind costs no live frame its order, whatever else changes', async () => {
    const random = seededRandom('a starved shadow');
    const { host, url, log } = await start(
      { ...PLENTY, fuel: 0 },
      { engine: ENGINE, plugins: { shadow: { maxQueuedBytes: 65_536 }, probation: { ms: 0 } } },
    );
    // Half a millisecond and more for each frame, where the running version takes some microseconds.
    const slow = `let x = 1; for (let round = 0; round < 20_000; round++) x = (x * 31 + round) | 0; if (x === 1.5) return;`;
    await writeFile(join(folder, 'next.wasm'), await stamp('2.0.0', slow, true));
    const everybody = await party(url);
    const route = host.plugins.route('up');
    let skipped = 0;
    for (let round = 0; round < 6; round++) {
      await route.shadow('stamp', { use: './next.wasm' }, { ...ALL, percent: [100, 60][random(2)] ?? 100 });
      const said = Promise.all(everybody.map(({ script, say }) => say(script.write(100 + random(150), 8, random))));
      if (random(2) === 0) {
        // Another version of the plugin itself: the trial ends under way.
        await writeFile(join(folder, 'stamp.wasm'), await stamp(`1.0.${round + 1}`));
        await host.plugins.load('up', 'stamp');
      }
      await said;
      skipped += trialOf(host)?.shadow?.skipped ?? 0;
      if (trialOf(host)?.ended === undefined) await route.abandon('stamp');
    }
    expect(skipped).toBeGreaterThan(0);
    expect(log.lines.filter(({ message }) => ['worker-died', 'worker-killed', 'plugin-quarantined'].includes(message))).toEqual([]);
  });
});
