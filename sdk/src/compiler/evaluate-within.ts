import { Worker } from 'node:worker_threads';
import type { Bundle } from './bundle.js';
import { CompileError } from './compile-error.js';
import type { EvaluatedModule } from './evaluate.js';
import type { EvaluationReport, EvaluationTask } from './evaluate-worker.js';

const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/compiler/evaluate-worker.js' : './evaluate-worker.js',
  import.meta.url,
);

/** For how long a source may run, and who else may end it. */
export interface EvaluationBounds {
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One for all sources of the process, in their order: what takes time stays warm. It ends with a source that does not. */
let thread: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Evaluates in a thread of its own, so that whoever builds goes on. Throws CompileError, also for a source that has run for longer than the
 * limit; the signal's reason where that ends it. An idle thread keeps no process alive.
 */
export function evaluateWithin(bundle: Bundle, file: string, bounds: EvaluationBounds): Promise<EvaluatedModule> {
  const next = last.then(() => evaluateNow({ bundle, file }, bounds));
  last = next.catch(() => undefined);
  return next;
}

async function evaluateNow(task: EvaluationTask, bounds: EvaluationBounds): Promise<EvaluatedModule> {
  bounds.signal?.throwIfAborted();
  thread ??= new Worker(WORKER);
  const worker = thread;
  worker.ref();
  let report: EvaluationReport;
  try {
    report = await reportOf(worker, task, bounds);
  } catch (error) {
    thread = undefined;
    await worker.terminate();
    throw error;
  }
  worker.unref();
  if (report.kind === 'done') return report.module;
  throw new CompileError(report.error.kind, report.error.summary, report.error);
}

/** Rejects when the thread has to go. */
async function reportOf(worker: Worker, task: EvaluationTask, { limitMs, signal }: EvaluationBounds): Promise<EvaluationReport> {
  let clock: ReturnType<typeof setTimeout> | undefined;
  const { promise, resolve, reject } = settler<EvaluationReport>();
  const late = `${task.file}: the top level ran for more than ${limitMs / 1000} s: look for a loop that does not end`;
  const hear = (message: EvaluationReport | 'running'): void => {
    if (message === 'running') clock = setTimeout(() => reject(new CompileError('top-level', late)), limitMs);
    else resolve(message);
  };
  const exit = (code: number): void => reject(new Error(`the thread that evaluates ${task.file} ended with ${code} and no answer`));
  const abort = (): void => reject(signal?.reason);
  worker.on('message', hear).on('error', reject).on('exit', exit);
  signal?.addEventListener('abort', abort);
  try {
    worker.postMessage(task);
    return await promise;
  } finally {
    clearTimeout(clock);
    worker.off('message', hear).off('error', reject).off('exit', exit);
    signal?.removeEventListener('abort', abort);
  }
}

function settler<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
