/** Requests to the admin listener so far, by method and status: those that were throttled have 429. Bounded: methods that no operation has are one. */
export class AdminMeter {
  readonly #counts = new Map<string, { readonly method: string; readonly status: number; count: number }>();

  answered(method: string, status: number): void {
    const known = METHODS.has(method) ? method : 'other';
    const counted = this.#counts.get(`${known} ${status}`);
    if (counted === undefined) this.#counts.set(`${known} ${status}`, { method: known, status, count: 1 });
    else counted.count += 1;
  }

  get counts(): Iterable<{ readonly method: string; readonly status: number; readonly count: number }> {
    return this.#counts.values();
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE']);
