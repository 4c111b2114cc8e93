import { step } from '../scripts/steps.mjs';
import { Child } from './child.js';
import { BUNDLED_PLUGINS, bundledWasm } from './paths.js';
import { measured, type Row } from './rows.js';
import type { Bench } from './section.js';
import type { RssSample, SoakApi } from './soak.js';
import { slope } from './statistics.js';

/** Processes of each kind: their slopes' spread is the noise. */
const MAX_PROCESSES = 3;
const SAMPLES = 100;
const SOAK_MS = 600_000;
/** Bytes that a frame may leave behind. Below it a million frames end within what the system's own accounting of pages wobbles by. */
const NOISE = 4;

/** `warmUp`, of the frames: heaps, code and rings find their size, and copypasta's bounded table of messages fills up. */
const CHAINS = [
  { name: 'size-limit', plugins: BUNDLED_PLUGINS.slice(0, 1), frames: 1_000_000, quickFrames: 100_000, warmUp: 0.3 },
  { name: 'three plugins', plugins: BUNDLED_PLUGINS, frames: 600_000, quickFrames: 20_000, warmUp: 0.5 },
] as const;

/** Memory of the whole process (sockets apart) against frames: the slope of a line through samples after the warm-up. */
export async function rssSlopes({ runs, quick }: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, plugins, frames, quickFrames, warmUp } of CHAINS) {
    const count = quick ? quickFrames : frames;
    const slopes: number[] = [];
    const processes = Math.min(runs, MAX_PROCESSES);
    for (let process = 1; process <= processes; process++) {
      await step(`memory: ${count.toLocaleString('en')} frames through ${name}, process ${process} of ${processes}`, async () => {
        const child = new Child<SoakApi>('soak', './soak.js');
        try {
          const job = { plugins: plugins.map(bundledWasm), frames: count, every: count / SAMPLES };
          slopes.push(slopeOf(await child.call('soak', job, SOAK_MS), warmUp));
        } finally {
          await child.stop();
        }
      });
    }
    rows.push({
      ...measured(`RSS a frame, ${count.toLocaleString('en')} frames, engine with ${name}`, 'bytes/frame', slopes),
      bar: { atMost: NOISE },
    });
  }
  return rows;
}

function slopeOf(samples: readonly RssSample[], warmUp: number): number {
  const last = samples.at(-1)?.frames ?? 0;
  return slope(samples.filter(({ frames }) => frames > last * warmUp).map(({ frames, rss }) => ({ x: frames, y: rss })));
}
