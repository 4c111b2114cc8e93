import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What figures depend on. Nothing that tells whose machine it is. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  /** Runnable processes (one-minute average) when the bench began; well above 0 means that others disturbed it. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    kernel: `${process.platform} ${process.arch} ${release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
