import type { ShadowReport } from '../shadow/shadow.js';

/**
 * `shadow`: it sees live frames, and its verdicts are compared with those of the running version. `canary`: it runs for a share of the
 * connections instead of that.
 */
export type TrialStage = 'shadow' | 'canary';

/** What an operator sees of a trial, the last one too. */
export interface TrialStatus {
  readonly stage: TrialStage;
  readonly sha256: string;
  readonly version?: string;
  readonly origin: string;
  readonly percent: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** It is over. `failed`: by itself. */
  readonly ended?: { readonly at: number; readonly reason: string; readonly failed: boolean };
  readonly shadow?: ShadowReport;
  /** Frames that its connections have submitted, and those on which it failed. */
  readonly canary?: { readonly frames: number; readonly faults: number };
}
