import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Drain, type DrainOptions } from './drain.js';

const LOGGER = { debug() {}, info() {}, warn() {}, error() {} };
const OPTIONS: DrainOptions = { delayMs: 0, spreadMs: 0, timeoutMs: 10_000, hooksMs: 500, retryAfterMs: 100, retryJitterMs: 50 };

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** So many connections that end as soon as they are told to; or, if they are stubborn, never. */
function setUp(count: number, { stubborn = false } = {}) {
  const told: number[] = [];
  let cut = 0;
  const connections = new Set<{ drain(retryAfterMs: number): void; terminate(): void }>();
  const drain = new Drain(connections, LOGGER);
  for (let index = 0; index < count; index++) {
    const connection = {
      drain: (retryAfterMs: number) => {
        told.push(retryAfterMs);
        if (stubborn) return;
        connections.delete(connection);
        drain.left();
      },
      terminate: () => void cut++,
    };
    connections.add(connection);
  }
  return { drain, told, connections, cut: () => cut };
}

describe('Drain', () => {
  it('closes clients evenly over spreadMs, and asks them to come back at times of their own', async () => {
    const { drain, told } = setUp(1000);
    const done = drain.run({ ...OPTIONS, spreadMs: 2_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told.length).toBeGreaterThan(490);
    expect(told.length).toBeLessThan(510);
    expect(drain.status).toMatchObject({ phase: 'closing', total: 1000, remaining: 1000 - told.length });
    await vi.advanceTimersByTimeAsync(1_010);
    await done;
    expect(told).toHaveLength(1000);
    expect(Math.min(...told)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...told)).toBeLessThanOrEqual(150);
    expect(new Set(told).size).toBeGreaterThan(900);
    expect(drain.status).toMatchObject({ phase: 'closed', remaining: 0 });
  });

  it('takes no longer than 10 ms a client, however long spreadMs is', async () => {
    const { drain, told } = setUp(3);
    const done = drain.run({ ...OPTIONS, spreadMs: 5_000 });
    await vi.advanceTimersByTimeAsync(40);
    await done;
    expect(told).toHaveLength(3);
  });

  it('admits clients until the delay is over, and closes nobody before', async () => {
    const { drain, told } = setUp(2);
    expect([drain.admits, drain.status.phase]).toEqual([true, 'serving']);
    const done = drain.run({ ...OPTIONS, delayMs: 3_000 });
    await vi.advanceTimersByTimeAsync(2_999);
    expect([drain.admits, drain.status.phase, told.length]).toEqual([true, 'announced', 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect([drain.admits, told.length]).toEqual([false, 2]);
    await done;
  });

  it('cuts off whoever is left after timeoutMs, and gives up on their hooks after hooksMs', async () => {
    const { drain, cut } = setUp(2, { stubborn: true });
    let over = false;
    const done = drain.run(OPTIONS).then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect([cut(), over]).toEqual([0, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([cut(), over]).toEqual([2, false]);
    await vi.advanceTimersByTimeAsync(500);
    await done;
  });

  it('does not wait for anything once it is cut short', async () => {
    const { drain, cut } = setUp(2, { stubborn: true });
    const done = drain.run({ ...OPTIONS, delayMs: 60_000, spreadMs: 5_000 });
    await vi.advanceTimersByTimeAsync(10);
    drain.cutOff();
    await vi.advanceTimersByTimeAsync(1);
    expect(cut()).toBeGreaterThanOrEqual(2);
    await vi.advanceTimersByTimeAsync(500);
    await done;
  });
});
