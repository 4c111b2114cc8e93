const OTHER = 'other';
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE']);

/**
 * Requests to the admin listener so far, by method and status: those that were throttled have 429. Bounded: methods that no operation has are one.
 * Refusals and failures are there from the start, at 0.
 */
export class AdminMeter {
  readonly #counts = new Map<string, { readonly method: string; readonly status: number; count: number }>();

  constructor() {
    for (const method of [...METHODS, OTHER])
      for (const status of [401, 429, 500, 503]) this.#counts.set(`${method} ${status}`, { method, status, count: 0 });
  }

  answered(method: string, status: number): void {
    const known = METHODS.has(method) ? method : OTHER;
    const counted = this.#counts.get(`${known} ${status}`);
    if (counted === undefined) this.#counts.set(`${known} ${status}`, { method: known, status, count: 1 });
    else counted.count += 1;
  }

  get counts(): Iterable<{ readonly method: string; readonly status: number; readonly count: number }> {
    return this.#counts.values();
  }
}
