import type { Outcome } from '../pipeline/outcome.js';

/** What went wrong when this plugin ran on the frame, or was to be run; none: nothing did. */
export function faultOf({ notes }: Outcome, plugin: string): Outcome['notes'][number] | undefined {
  return notes.find((note) => note.kind === 'fault' && note.plugin === plugin);
}
