import { step } from '../scripts/steps.mjs';
import { Child } from './child.js';
import type { EngineCallsApi, Runtime } from './engine-calls.js';
import { assembleGuest } from './guests.js';
import { type Bar, compared } from './rows.js';
import type { BenchSection } from './section.js';

interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly bar: Bar;
}

const SIZES: readonly Size[] = [
  { name: '100 B', bytes: 100, bar: { atLeast: 8 } },
  { name: '64 KiB', bytes: 65_536, bar: { atLeast: 50 } },
];

interface Contender {
  readonly name: string;
  readonly runtime: Runtime;
  readonly guest: string;
}

const DIRECT: Contender = { name: 'direct', runtime: 'direct', guest: 'change' };
const ISOLATED: Contender = { name: 'isolated', runtime: 'isolated', guest: 'change' };
const UNCHANGED: Contender = { name: 'direct, unchanged', runtime: 'direct', guest: 'echo' };
const PEER: Contender = { name: 'extism', runtime: 'extism', guest: 'extism-change' };
const BLIND: Contender = { name: 'extism, blind', runtime: 'extism', guest: 'extism-return' };
const CONTENDERS = [DIRECT, ISOLATED, UNCHANGED, PEER, BLIND];

/** Calls of an echo without any server around it: what a plugin interface costs by itself. */
export const engine: BenchSection = {
  name: 'engine',
  about:
    'calls of a guest that gives its input back with one bit changed, no sockets. Ours: ABI v1. Peer: @extism/extism 2.0.0-rc13 in the calling thread. More is better.',
  async measure({ runs, quick }) {
    const files = new Map([
      ['echo', await assembleGuest('echo', 'test/support/guests/echo.wat')],
      ['change', await assembleGuest('change', 'bench/guests/change.wat')],
      ['extism-change', await assembleGuest('extism-change', 'bench/guests/extism-change.wat')],
      ['extism-return', await assembleGuest('extism-return', 'bench/guests/extism-return.wat')],
    ]);
    const pace = quick ? { warmupMs: 150, durationMs: 200 } : { warmupMs: 500, durationMs: 1_000 };
    const rows = [];
    for (const size of SIZES) {
      const rates = await rounds(size, files, pace, runs);
      const rate = ({ name }: Contender): number[] => rates.get(name) ?? [];
      const row = (name: string, ours: Contender, peer: Contender) =>
        compared(`${size.name} echo, ${name}`, 'calls/s', rate(ours), rate(peer));
      rows.push(
        { ...row('in the calling thread', DIRECT, PEER), bar: size.bar },
        row('in a thread of its own', ISOLATED, PEER),
        row('in the calling thread, every byte as it came', UNCHANGED, PEER),
        row('in the calling thread; peer hands its input back unread', UNCHANGED, BLIND),
      );
    }
    return rows;
  },
};

/** Calls a second of every contender, each in a process of its own, in turns. */
async function rounds(
  { name, bytes }: Size,
  files: ReadonlyMap<string, string>,
  pace: { readonly warmupMs: number; readonly durationMs: number },
  runs: number,
): Promise<ReadonlyMap<string, number[]>> {
  const rates = new Map<string, number[]>(CONTENDERS.map((contender) => [contender.name, []]));
  const children = CONTENDERS.map((contender) => new Child<EngineCallsApi>(contender.name, './engine-calls.js'));
  try {
    for (const [index, { runtime, guest }] of CONTENDERS.entries())
      await children[index]?.call('open', { runtime, guest: files.get(guest) ?? '', bytes });
    for (let round = 0; round <= runs; round++) {
      await step(round === 0 ? `engine, ${name}: warm-up round` : `engine, ${name}: round ${round} of ${runs}`, async () => {
        for (const [index, contender] of CONTENDERS.entries()) {
          const rate = (await children[index]?.call('measure', pace)) ?? Number.NaN;
          if (round > 0) rates.get(contender.name)?.push(rate);
        }
      });
    }
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
  return rates;
}
