import { author } from './author.js';
import { broadcast } from './broadcast.js';
import { engine } from './engine.js';
import { memory } from './memory.js';
import { migration } from './migration.js';
import { otoroshi } from './otoroshi.js';
import { plugins } from './plugin-cost.js';
import { latency, throughput } from './round-trips.js';
import { runaway } from './runaway.js';
import type { BenchSection } from './section.js';
import { shadow } from './shadow.js';
import { startUp } from './start-up.js';
import { swaps } from './swaps.js';

/** All of them, in the order in which they run. */
export const SECTIONS: readonly BenchSection[] = [
  throughput,
  latency,
  engine,
  otoroshi,
  broadcast,
  runaway,
  swaps,
  migration,
  shadow,
  memory,
  startUp,
  plugins,
  author,
];
