import type { StateMigration } from '../engine/engine.js';

/** What happened to a plugin's versions, for logs, audits and dashboards. */
export type RolloutEvent =
  | {
      readonly kind: 'plugin-swapped';
      readonly route: string;
      readonly plugin: string;
      readonly sha256: string;
      readonly from: string;
      readonly version?: string;
    }
  | { readonly kind: 'plugin-refused'; readonly route: string; readonly plugin: string; readonly code: string; readonly message: string }
  /** What runs would not be known after a restart. */
  | {
      readonly kind: 'version-not-kept';
      readonly route: string;
      readonly plugin: string;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    }
  | {
      readonly kind: 'plugin-waiting';
      readonly route: string;
      readonly plugin: string;
      readonly sha256: string;
      readonly beyond: readonly string[];
    }
  | {
      readonly kind: 'plugin-rolled-back';
      readonly route: string;
      readonly plugin: string;
      readonly sha256: string;
      readonly from: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'plugin-trial-started';
      readonly route: string;
      readonly plugin: string;
      readonly stage: 'shadow' | 'canary';
      readonly sha256: string;
      readonly version?: string;
      readonly percent: number;
    }
  | {
      readonly kind: 'plugin-trial-ended';
      readonly route: string;
      readonly plugin: string;
      readonly stage: 'shadow' | 'canary';
      readonly sha256: string;
      readonly version?: string;
      readonly reason: string;
      /** By itself, because something was wrong. */
      readonly failed: boolean;
    }
  /** Its state has another version's form since. */
  | ({ readonly kind: 'plugin-migrated'; readonly route: string; readonly taken: StateMigration['kind'] } & Omit<StateMigration, 'kind'>)
  | {
      readonly kind: 'plugin-switched';
      readonly route: string;
      readonly plugin: string;
      readonly enabled: boolean /** As an operator had left it before the start. */;
      readonly restored?: true;
    };
