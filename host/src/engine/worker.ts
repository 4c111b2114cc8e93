import { parentPort, workerData } from 'node:worker_threads';
import type { PluginGuards } from '@framegate/sdk/abi';
import { Pipeline, type PipelineStep } from '../pipeline/pipeline.js';
import { type ChainPlugin, startChainPlugin } from './chain-plugin.js';
import { ChainRunner, type StartedChain } from './chain-runner.js';
import type { PluginSpec } from './engine.js';
import { type Doorbell, LaneReceiver, LaneSender } from './lane.js';
import { LatencyWriter } from './latency.js';
import type { PluginLog } from './outcome-codec.js';
import { ProgressWriter } from './progress.js';
import { QuarantineFlags } from './quarantine-flags.js';
import { Spin } from './spin.js';
import { SupervisedPlugin, type Supervision, superviseChore } from './supervised-plugin.js';
import type { RehearsalOptions } from './wasm/instantiate-plugin.js';
import type { PluginServices } from './wasm/plugin-services.js';
import type { ChainDefinition, FromWorker, ToWorker, WorkerSettings } from './worker-protocol.js';

// The entry of a worker thread. Lean on purpose: what it imports, every takeover without a standby waits for.
const { progress, runtime, toWorker, fromWorker, spinMicros, seats, quotaCell } = workerData as WorkerSettings;
const supervision: Supervision = {
  progress: new ProgressWriter(progress),
  sequence: -1,
  skips: [],
  calls: undefined,
  ended: { sequence: -1, at: 0 },
};
const outgoing = new LaneSender<FromWorker>(fromWorker, (message, transfer = []) => parentPort?.postMessage(message, transfer));
const runner = new ChainRunner({
  supervision,
  seats,
  quotaCell,
  start,
  post: (message) => outgoing.message(message),
  answers: (bytes) => outgoing.batch(bytes, (copy) => ({ kind: 'answers', bytes: copy })),
});
const spin = new Spin(spinMicros);
const incoming = new LaneReceiver<ToWorker>(toWorker, {
  batch: (bytes) => runner.receive({ kind: 'commands', bytes }),
  message: (message) => runner.receive(message),
  // Whatever else it waits for needs the event loop.
  spin: () => (runner.busy ? undefined : spin),
});
parentPort?.on('message', (message: ToWorker | Doorbell) => incoming.receive(message));

async function start({ chain, plugins, latencies, quarantines }: ChainDefinition, rehearsal: RehearsalOptions): Promise<StartedChain> {
  const steps: PipelineStep[] = [];
  const guards: PluginGuards[] = [];
  const started: { spec: PluginSpec; plugin: ChainPlugin }[] = [];
  const unfinished: PluginLog[] = [];
  const flags = new QuarantineFlags(quarantines);
  const pipeline = () => new Pipeline(steps, runner.state);
  try {
    for (const [index, prepared] of plugins.entries()) {
      const services: PluginServices = {
        log: (name, level, message, connection) => runner.log({ plugin: name, level, message, connection }),
        later: (chore) => runner.later(() => superviseChore(supervision, chain, index, chore)),
      };
      const plugin = await startChainPlugin(prepared, runtime, services, {
        ...rehearsal,
        unfinished: (message) => unfinished.push({ plugin: prepared.spec.name, level: 'warn', message, connection: '' }),
      });
      guards.push(plugin.guards);
      started.push({ spec: prepared.spec, plugin });
      const place = { index, limits: prepared.spec.limits, latency: new LatencyWriter(latencies, index), quarantines: flags };
      steps.push({ plugin: new SupervisedPlugin(plugin, place, supervision), policy: prepared.spec.policy });
    }
  } catch (error) {
    await pipeline().dispose();
    throw error;
  }
  const http = plugins.some(({ spec }) => spec.http !== undefined);
  const recorded = plugins.some(({ spec }) => spec.record !== undefined);
  return { pipeline: pipeline(), guards, http, recorded, plugins: started, unfinished };
}
