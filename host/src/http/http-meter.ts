/** Why a plugin's request has no response. `refused`: it may not be made. `network`: there is no server, or it broke off. */
export type HttpFailureCause = 'refused' | 'queue-full' | 'timeout' | 'too-large' | 'redirects' | 'network';

/** Upper bounds of the buckets in milliseconds; one more takes what is above them. */
export const HTTP_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const satisfies readonly number[];

/** What a plugin's HTTP requests have come to so far. */
export interface HttpCounts {
  /** By what came of them: `response`, whatever its status, or why there is none. */
  readonly results: ReadonlyMap<'response' | HttpFailureCause, number>;
  /** Those that were not sent because nothing is to be (HttpGrant.send); in none of the others. */
  readonly withheld: number;
  /** Of bodies, as the plugin sent and got them. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** How long they took, waiting for their turn included: one count for each bound, not added up, and one for what is above. */
  readonly buckets: readonly number[];
  readonly sumMs: number;
}

export class HttpMeter implements HttpCounts {
  readonly results = new Map<'response' | HttpFailureCause, number>();
  readonly buckets: number[] = new Array<number>(HTTP_BOUNDS_MS.length + 1).fill(0);
  withheld = 0;
  sentBytes = 0;
  receivedBytes = 0;
  sumMs = 0;

  ended(result: 'response' | HttpFailureCause, ms: number): void {
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
    const above = HTTP_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const bucket = above < 0 ? HTTP_BOUNDS_MS.length : above;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.sumMs += ms;
  }
}
