import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonicNow, type RunningCall } from './progress.js';
import { Watchdog } from './watchdog.js';

const DEADLINE = 100;
const INTERVAL = 25;

let running: RunningCall | undefined;
let busy = true;
const overruns: number[] = [];

function call(ticket: number): RunningCall {
  return { ticket, sequence: ticket, chain: 1, plugin: 0, since: monotonicNow() };
}

function makeWatchdog(): Watchdog {
  const watchdog = new Watchdog({
    running: () => running,
    deadlineMs: () => DEADLINE,
    intervalMs: () => INTERVAL,
    busy: () => busy,
    overrun: (_, ranMs) => {
      overruns.push(ranMs);
      running = undefined;
    },
  });
  watchdog.wake();
  return watchdog;
}

describe('Watchdog', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    running = undefined;
    busy = true;
    overruns.length = 0;
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('reports a call at its deadline, not at the next regular look', () => {
    makeWatchdog();
    vi.advanceTimersByTime(10);
    running = call(1);
    vi.advanceTimersByTime(DEADLINE - 1);
    expect(overruns).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(overruns).toHaveLength(1);
    expect(overruns[0]).toBeLessThan(DEADLINE + 2);
  });

  it('lets any number of calls pass that each end in time', () => {
    makeWatchdog();
    for (let ticket = 1; ticket < 50; ticket += 2) {
      running = call(ticket);
      vi.advanceTimersByTime(DEADLINE - 10);
    }
    expect(overruns).toEqual([]);
  });

  it('sleeps when nothing is in flight, and wakes again', () => {
    const watchdog = makeWatchdog();
    busy = false;
    vi.advanceTimersByTime(INTERVAL + 1);
    expect(vi.getTimerCount()).toBe(0);
    busy = true;
    running = call(1);
    watchdog.wake();
    vi.advanceTimersByTime(DEADLINE + 1);
    expect(overruns).toHaveLength(1);
  });

  it('pardons a call once when its own look comes late, because the whole process may have stood still', () => {
    makeWatchdog();
    running = { ...call(1), since: monotonicNow() };
    vi.advanceTimersByTime(INTERVAL);
    // The main thread is blocked: the clock goes on, timers don't run.
    stall(DEADLINE * 3);
    vi.advanceTimersByTime(INTERVAL);
    expect(overruns).toEqual([]);
    vi.advanceTimersByTime(INTERVAL);
    expect(overruns).toHaveLength(1);
  });

  it('stops', () => {
    makeWatchdog().stop();
    running = call(1);
    vi.advanceTimersByTime(DEADLINE * 5);
    expect(overruns).toEqual([]);
  });
});

/** Moves the clock without running timers. */
function stall(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}
