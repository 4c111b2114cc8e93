import type { ShadowReport } from '../shadow/shadow.js';

/** `shadow`: it sees live frames, and its verdicts are compared with those of the running version. */
export type TrialStage = 'shadow';

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
}
