import type { Hook } from '@framegate/sdk/abi';
import type { Direction } from '../frame.js';
import type { OutcomeNote } from '../pipeline/outcome.js';
import type { FaultCode } from '../verdict.js';

/** What a plugin made of frames other than letting them pass, as counted by {@link RouteMeter}. */
type VerdictKind = Exclude<OutcomeNote['kind'], 'fault'>;

/** Frames in one direction. `in`: as they came, before the plugins. `out`: as they left, after them. */
export interface FrameCount {
  frames: number;
  bytes: number;
  framesOut: number;
}

export interface PluginCount {
  readonly verdicts: Map<Hook, Partial<Record<VerdictKind, number>>>;
  readonly faults: Map<FaultCode, number>;
}

/** What has happened on one route since the start: plain numbers, which the frame path raises and a scrape reads. */
export class RouteMeter {
  readonly frames: Readonly<Record<Direction, FrameCount>> = { request: newCount(), response: newCount() };
  readonly plugins = new Map<string, PluginCount>();
  /** Connections that ended, by close code. */
  readonly closes = new Map<number, number>();
  connections = 0;
  /** Frames that a backend did not take before its connection had to end. */
  lost = 0;

  closed(code: number): void {
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1);
  }

  /** Called for what is not simply passed on. */
  noted(hook: Hook, { plugin, kind, fault }: OutcomeNote): void {
    let counts = this.plugins.get(plugin);
    if (counts === undefined) {
      counts = { verdicts: new Map(), faults: new Map() };
      this.plugins.set(plugin, counts);
    }
    if (kind === 'fault') {
      if (fault !== undefined) counts.faults.set(fault, (counts.faults.get(fault) ?? 0) + 1);
      return;
    }
    let kinds = counts.verdicts.get(hook);
    if (kinds === undefined) {
      kinds = {};
      counts.verdicts.set(hook, kinds);
    }
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
}

function newCount(): FrameCount {
  return { frames: 0, bytes: 0, framesOut: 0 };
}
