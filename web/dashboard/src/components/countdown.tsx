import { useSecondsUntil } from '../../../src/hooks/use-seconds-until.js';
import { duration } from '../format.js';

/** What is left until then. Not a live region: read out, it would not stop talking. */
export function Countdown({ until }: { until: number }) {
  return <span className="countdown">{duration(useSecondsUntil(until) * 1_000)}</span>;
}
