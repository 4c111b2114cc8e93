import { parentPort, workerData } from 'node:worker_threads';
import { Pipeline, type PipelineStep } from '../pipeline/pipeline.js';
import { ChainRunner, type RunningChain } from './chain-runner.js';
import { ProgressWriter } from './progress.js';
import { SupervisedPlugin, type Supervision } from './supervised-plugin.js';
import { startPlugin } from './wasm/instantiate-plugin.js';
import type { ChainDefinition, ToWorker, WorkerSettings } from './worker-protocol.js';

// The entry of a worker thread. Lean on purpose: what it imports, every takeover without a standby waits for.
const { progress, runtime } = workerData as WorkerSettings;
const supervision: Supervision = { progress: new ProgressWriter(progress), sequence: -1, skips: [] };
const runner = new ChainRunner({ supervision, start, post: (message, transfer = []) => parentPort?.postMessage(message, transfer) });
parentPort?.on('message', (message: ToWorker) => runner.receive(message));

async function start({ plugins }: ChainDefinition): Promise<RunningChain> {
  const steps: PipelineStep[] = [];
  const pipeline = () => new Pipeline(steps, runner.state);
  try {
    for (const [index, prepared] of plugins.entries()) {
      const plugin = await startPlugin(prepared, runtime, {
        log: (name, level, message, connection) => runner.log({ plugin: name, level, message, connection }),
      });
      steps.push({ plugin: new SupervisedPlugin(plugin, index, prepared.spec.limits, supervision), policy: prepared.spec.policy });
    }
  } catch (error) {
    await pipeline().dispose();
    throw error;
  }
  return { pipeline: pipeline(), plugins: plugins.map(({ spec }) => spec.name) };
}
