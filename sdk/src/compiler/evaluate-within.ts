import { Worker } from 'node:worker_threads';
import type { Bundle } from './bundle.js';
import { CompileError } from './compile-error.js';
import type { EvaluatedModule } from './evaluate.js';
import type { EvaluationReport } from './evaluate-worker.js';

const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/compiler/evaluate-worker.js' : './evaluate-worker.js',
  import.meta.url,
);

/** Evaluates in a thread of its own, which is ended when the source has run for longer than the limit. Throws CompileError. */
export async function evaluateWithin(bundle: Bundle, file: string, limitMs: number): Promise<EvaluatedModule> {
  const worker = new Worker(WORKER, { workerData: { bundle, file } });
  let clock: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const late = `${file}: the top level ran for more than ${limitMs / 1000} s: look for a loop that does not end`;
      worker.on('message', (report: EvaluationReport) => {
        if (report.kind === 'running') clock = setTimeout(() => reject(new CompileError('top-level', late)), limitMs);
        else if (report.kind === 'done') resolve(report.module);
        else reject(new CompileError(report.error.kind, report.error.summary, report.error));
      });
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`the thread that evaluates ${file} ended with ${code} and no answer`)));
    });
  } finally {
    clearTimeout(clock);
    await worker.terminate();
  }
}
