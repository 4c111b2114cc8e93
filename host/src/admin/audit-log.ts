import type { Logger } from '../logger.js';

/** One change that somebody made, or tried to make. */
export interface AuditEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly actor: string;
  readonly role: string;
  readonly via: string;
  /** Remote address. */
  readonly address: string;
  /** Such as `connection.kick`. */
  readonly action: string;
  /** What it was done to; never a secret. */
  readonly target: Readonly<Record<string, string | number | boolean>>;
  /** HTTP status. */
  readonly status: number;
  /** Why it was refused. */
  readonly reason?: string;
}

/** Who changed what: each entry goes to the log, the latest can be asked for. */
export class AuditLog {
  readonly #size: number;
  readonly #logger: Logger;
  readonly #entries: AuditEntry[] = [];

  constructor(size: number, logger: Logger) {
    this.#size = size;
    this.#logger = logger;
  }

  add(entry: AuditEntry): void {
    if (this.#entries.length >= this.#size) this.#entries.shift();
    this.#entries.push(entry);
    this.#logger.info(entry, 'audit');
  }

  /** Newest first. */
  latest(limit: number): AuditEntry[] {
    return this.#entries.slice(-limit).reverse();
  }
}
