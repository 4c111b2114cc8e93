import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export interface MemoryNow {
  /** Bytes that the process holds in memory, all threads, as the system counts them. */
  readonly rss: number;
  /** Bytes of live JavaScript objects of the main thread and of the buffers that they own. */
  readonly live: number;
}

/** What this process holds after a full garbage collection of its main thread. */
export function memoryNow(): MemoryNow {
  collect();
  // what finalisers of the first one have let go of
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, live: heapUsed + external };
}
