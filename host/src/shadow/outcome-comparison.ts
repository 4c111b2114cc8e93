import type { Frame } from '../frame.js';
import type { Outcome } from '../pipeline/outcome.js';

/** In what two runs of one frame may differ. */
export type Aspect = 'kind' | 'reason' | 'payload' | 'close';

/** What one plugin of a chain said of a frame. */
export interface PluginVerdict {
  /** `pass`, or what its notes say; a plugin that met the frame several times may have said several things. */
  readonly kind: string;
  readonly reason?: string;
  /** Code of its fault. */
  readonly fault?: string;
}

/** One run of a frame. */
export interface ComparedRun {
  /** As it was put in. */
  readonly frame: Frame;
  readonly outcome: Outcome;
}

const PASSED: PluginVerdict = Object.freeze({ kind: 'pass' });

export function verdictOf({ notes }: Outcome, plugin: string): PluginVerdict {
  const own = notes.filter((note) => note.plugin === plugin);
  const [first] = own;
  if (first === undefined) return PASSED;
  const kind = own.length === 1 ? first.kind : [...new Set(own.map((note) => note.kind))].join('+');
  const { reason, fault } = own.find((note) => note.fault !== undefined) ?? own.find((note) => note.reason !== undefined) ?? first;
  return { kind, ...(reason === undefined ? {} : { reason }), ...(fault === undefined ? {} : { fault }) };
}

/**
 * In what a frame's two runs differ; nothing: in effect they are the same. `kind` and `reason` are the plugin's own, `payload` and `close` what comes of
 * the whole chain. The words of a fault do not count: they may have addresses in them.
 */
export function differences(running: ComparedRun, candidate: ComparedRun, plugin: string): readonly Aspect[] {
  const found: Aspect[] = [];
  if (running.outcome.notes.length > 0 || candidate.outcome.notes.length > 0) {
    const [one, other] = [verdictOf(running.outcome, plugin), verdictOf(candidate.outcome, plugin)];
    if (one.kind !== other.kind || one.fault !== other.fault) found.push('kind');
    if (one.fault === undefined && other.fault === undefined && one.reason !== other.reason) found.push('reason');
  }
  if (!areSame(running, candidate, 'forward') || !areSame(running, candidate, 'reply')) found.push('payload');
  const [one, other] = [running.outcome.close, candidate.outcome.close];
  if (one?.code !== other?.code || one?.reason !== other?.reason) found.push('close');
  return found;
}

function areSame(one: ComparedRun, other: ComparedRun, key: 'forward' | 'reply'): boolean {
  const [mine, theirs] = [one.outcome[key], other.outcome[key]];
  if (mine.length !== theirs.length) return false;
  return mine.every((frame, index) => {
    const twin = theirs[index];
    if (twin === undefined) return false;
    if (frame === one.frame && twin === other.frame) return true;
    return frame.kind === twin.kind && Buffer.compare(frame.payload, twin.payload) === 0;
  });
}
