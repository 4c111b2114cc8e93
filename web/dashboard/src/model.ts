// What the admin API answers, as far as the dashboard shows it (GET /openapi.json has all of it). Times are milliseconds since the epoch.

export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Who {
  readonly name: string;
  readonly role: Role;
}

export interface RecentVerdict {
  readonly number: number;
  readonly at: number;
  readonly route: string;
  readonly plugin: string;
  readonly connection: string;
  readonly hook: string;
  readonly kind: string;
  readonly reason?: string;
  readonly fault?: string;
}

export interface PluginFigures {
  readonly route: string;
  readonly name: string;
  readonly callRate: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly faults: number;
  readonly quarantinedUntil?: number;
}

/** What the event stream tells every half second. */
export interface Snapshot {
  readonly at: number;
  readonly phase: string;
  readonly connections: number;
  readonly routes: readonly { readonly name: string; readonly requestRate: number; readonly responseRate: number }[];
  readonly plugins: readonly PluginFigures[];
  readonly verdicts: readonly RecentVerdict[];
  readonly verdictsLeftOut: number;
}

export interface PluginVersion {
  readonly sha256: string;
  readonly version?: string;
  readonly origin: string;
  readonly since: number;
  /** What became of the state when it took over; `ms`: frames have waited. */
  readonly migration?: { readonly kind: 'migrated' | 'restored'; readonly from: string; readonly entries: number; readonly ms: number };
  readonly failed?: string;
}

export interface Trial {
  readonly stage: 'shadow' | 'canary';
  readonly sha256: string;
  readonly version?: string;
  readonly percent: number;
  readonly since: number;
  readonly ended?: { readonly at: number; readonly reason: string; readonly failed: boolean };
  readonly shadow?: {
    readonly compared: number;
    readonly same: number;
    readonly different: number;
    readonly faults: number;
    readonly skipped: number;
    readonly withheld: number;
    readonly candidateMs?: number;
    readonly runningMs?: number;
  };
  readonly canary?: { readonly frames: number; readonly faults: number };
}

export interface Excerpt {
  readonly text: string;
  readonly bytes: number;
  readonly truncated: boolean;
}

export interface TrialRun {
  readonly kind: string;
  readonly reason?: string;
  readonly fault?: string;
  readonly forward: readonly Excerpt[];
  readonly forwarded: number;
  readonly reply: readonly Excerpt[];
  readonly replied: number;
  readonly close?: { readonly code: number; readonly reason: string };
}

export interface TrialDetail {
  readonly differences: readonly {
    readonly number: number;
    readonly at: number;
    readonly hook: string;
    readonly connection: string;
    readonly differs: readonly string[];
    readonly frame: Excerpt;
    readonly running: TrialRun;
    readonly candidate: TrialRun;
  }[];
}

export interface PluginInfo {
  readonly route: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly version?: string;
  readonly origin: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly abi: string;
  readonly hooks: readonly string[];
  readonly grants: readonly string[];
  readonly onFault: 'open' | 'closed';
  readonly quarantinedUntil?: number;
  readonly waiting?: { readonly sha256: string; readonly version?: string; readonly beyond: readonly string[] };
  readonly refusal?: { readonly at: number; readonly code: string; readonly message: string; readonly hint: string };
  readonly probationUntil?: number;
  readonly notKept?: string;
  readonly trial?: Trial;
  readonly history: readonly PluginVersion[];
  readonly stateBytes: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly kills: number;
}

export interface Page<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

export interface ClientConnection {
  readonly id: string;
  readonly route: string;
  readonly state: string;
  readonly remoteAddress: string;
  readonly user?: { readonly id: string; readonly name?: string };
  readonly room?: string;
  readonly connectedAt: number;
  readonly requests: number;
  readonly responses: number;
  readonly queuedBytes: number;
}

export interface Room {
  readonly route: string;
  readonly name: string;
  readonly members: number;
  readonly configured: boolean;
  readonly messages: number;
}

export interface Member {
  readonly id: string;
  readonly name: string;
}

export interface ChatUser {
  readonly route: string;
  readonly id: string;
  readonly name: string;
  readonly room?: string;
  readonly address: string;
  readonly account?: string;
  readonly banned: boolean;
  readonly muted: boolean;
}

export interface Ban {
  readonly id: string;
  readonly kind: 'ban' | 'mute';
  readonly subject: { readonly by: string; readonly value: string };
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
}

export interface StateEntry {
  readonly plugin: string;
  readonly scope: string;
  readonly owner: string;
  readonly key: string;
  readonly bytes: number;
  readonly expiresAt?: number;
  readonly encoding: 'text' | 'base64';
  readonly value: string;
  readonly truncated: boolean;
}

export interface AuditEntry {
  readonly at: string;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly target: Readonly<Record<string, string | number | boolean>>;
  readonly status: number;
  readonly reason?: string;
}
