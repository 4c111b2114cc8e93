import { stateLimitContract } from '../../../test/contract/state-limit-contract.js';
import { InlineEngine } from './inline-engine.js';
import { WorkerEngine } from './worker-engine.js';

stateLimitContract('InlineEngine', (state) => new InlineEngine({ state }));
for (const workers of [1, 2, 4]) {
  stateLimitContract(`WorkerEngine, workers: ${workers}`, (state) => new WorkerEngine({ state, workers, standbys: 0 }));
}
