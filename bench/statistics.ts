/** Middle value; the mean of the two middle ones for an even count. Throws for no values. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('The median of no values was asked for: a measurement produced nothing.');
  const lower = sorted[middle - 1];
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}

/**
 * Every sample of one measurement, kept whole: percentiles are exact, not read off buckets.
 * 8 bytes a sample; grows by doubling, so that recording costs a store.
 */
export class Samples {
  #values = new Float64Array(4096);
  #count = 0;
  #sorted = true;

  get count(): number {
    return this.#count;
  }

  record(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count] = value;
    this.#count += 1;
    this.#sorted = false;
  }

  /** The smallest sample that at least `percent` % of all samples do not exceed (nearest rank). Throws for no samples. */
  percentile(percent: number): number {
    if (!this.#sorted) this.#values.subarray(0, this.#count).sort();
    this.#sorted = true;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    const value = rank <= this.#count ? this.#values[rank - 1] : undefined;
    if (value === undefined) throw new Error(`Percentile ${percent} of ${this.#count} samples was asked for: lengthen the measurement.`);
    return value;
  }
}

/** Slope of the least-squares line through points. Throws if there are fewer than two different places. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (!(spread > 0)) throw new Error(`A line was asked for through ${points.length} points that do not make one.`);
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
