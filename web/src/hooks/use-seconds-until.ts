import { useEffect, useState } from 'react';

/** Whole seconds until `at` (milliseconds since the epoch), counting down to 0. */
export function useSecondsUntil(at: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(clock);
  }, []);
  return Math.max(0, Math.ceil((at - now) / 1_000));
}
