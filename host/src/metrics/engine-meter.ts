import type { EngineEvent } from '../engine/engine.js';

/** What has happened to the engine's threads and plugins since the start. */
export class EngineMeter {
  started = 0;
  died = 0;
  /** Threads that were killed for a plugin that ran past its deadline, by plugin. */
  readonly kills = new Map<string, number>();
  readonly quarantines = new Map<string, number>();

  take(event: EngineEvent): void {
    if (event.kind === 'worker-started') this.started += 1;
    else if (event.kind === 'worker-died') this.died += 1;
    else if (event.kind === 'worker-killed') raise(this.kills, event.plugin);
    else if (event.kind === 'plugin-quarantined') raise(this.quarantines, event.plugin);
  }
}

function raise(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
