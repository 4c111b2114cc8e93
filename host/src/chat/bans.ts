/** What a ban goes by: a name (look-alikes included), a remote address or a range of them (CIDR), or a user's id (a client without an account has its connection's). */
export interface BanSubject {
  readonly by: 'name' | 'address' | 'user';
  readonly value: string;
}

/** ban: may not be here. mute: may be here and not speak. */
export interface Ban {
  readonly id: string;
  readonly kind: 'ban' | 'mute';
  readonly subject: BanSubject;
  /** Shown to whom it concerns; may be empty. */
  readonly reason: string;
  /** The operator. */
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; absent: for good. */
  readonly expiresAt?: number;
}

/** Somebody, as far as bans go by it. */
export interface BanCandidate {
  readonly name?: string;
  readonly address: string;
  readonly user?: string;
}

/**
 * Who is banned or muted. Asked for every message, so the answer comes at once: a store that lasts keeps an index in memory.
 * `add` and `remove` take effect at once; whoever has to know that they outlast the process waits for `saved`.
 * Guarantee: a ban past its `expiresAt` neither applies nor is listed; there is at most one of a kind for a subject.
 */
export interface BanStore {
  /** Replaces one of the same kind and subject. False: the store is full. */
  add(ban: Ban, now: number): boolean;
  /** Returns what was removed. */
  remove(id: string): Ban | undefined;
  /** Oldest first. */
  list(now: number): Ban[];
  /** One that applies, the one that lasts longest if there are several. */
  find(kind: Ban['kind'], candidate: BanCandidate, now: number): Ban | undefined;
  /** Resolves when every change so far outlasts the process as far as anything does here; rejects with BANS_NOT_KEPT. */
  saved(): Promise<void>;
}
