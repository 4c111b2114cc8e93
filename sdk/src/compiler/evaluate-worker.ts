import { parentPort } from 'node:worker_threads';
import type { Bundle } from './bundle.js';
import { CompileError, type CompileErrorKind, type SourceLocation } from './compile-error.js';
import { type EvaluatedModule, evaluate } from './evaluate.js';

export interface EvaluationTask {
  readonly bundle: Bundle;
  /** The source file with the exports. */
  readonly file: string;
}

/** What became of a task. The thread says `running` before it, when the source begins to run. */
export type EvaluationReport =
  | { readonly kind: 'done'; readonly module: EvaluatedModule }
  | {
      readonly kind: 'refused';
      readonly error: {
        readonly kind: CompileErrorKind;
        readonly summary: string;
        readonly location: SourceLocation | undefined;
        readonly frame: string | undefined;
      };
    };

const report = (message: EvaluationReport | 'running') => parentPort?.postMessage(message);

parentPort?.on('message', async ({ bundle, file }: EvaluationTask) => {
  try {
    report({ kind: 'done', module: await evaluate(bundle, file, () => report('running')) });
  } catch (error) {
    // Anything else is a fault of ours: it ends the thread, and its owner gets it as it is.
    if (!(error instanceof CompileError)) throw error;
    const { kind, summary, location, frame } = error;
    report({ kind: 'refused', error: { kind, summary, location, frame } });
  }
});
