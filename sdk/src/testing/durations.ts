/** Every duration of a run, kept whole: percentiles are exact. */
export class Durations {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  add(value: number): void {
    this.#values[this.#count] = value;
    this.#count += 1;
  }

  /** The first one, and percentiles (nearest rank) of those after the first `skip`. There must be one. */
  summary(skip: number): { readonly first: number; readonly p50: number; readonly p99: number } {
    const sorted = this.#values.slice(skip, this.#count).sort();
    const percentile = (percent: number): number => sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? Number.NaN;
    return { first: this.#values[0] ?? Number.NaN, p50: percentile(50), p99: percentile(99) };
  }
}
