import { parentPort, workerData } from 'node:worker_threads';
import type { Bundle } from './bundle.js';
import { CompileError, type CompileErrorKind, type SourceLocation } from './compile-error.js';
import { type EvaluatedModule, evaluate } from './evaluate.js';

/** What the thread says: `running` when the source begins to run, then one of the others. */
export type EvaluationReport =
  | { readonly kind: 'running' }
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

const { bundle, file } = workerData as { bundle: Bundle; file: string };
const report = (message: EvaluationReport) => parentPort?.postMessage(message);

try {
  report({ kind: 'done', module: await evaluate(bundle, file, () => report({ kind: 'running' })) });
} catch (error) {
  // Anything else is a fault of ours: it ends the thread, and its owner gets it as it is.
  if (!(error instanceof CompileError)) throw error;
  const { kind, summary, location, frame } = error;
  report({ kind: 'refused', error: { kind, summary, location, frame } });
}
