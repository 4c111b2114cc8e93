import type { StateFilter } from '../../state/state-store.js';
import type { PluginSpec } from '../engine.js';
import type { UndoLog } from './undo-log.js';

/** Changes of version that can be taken back, whether or not anything was migrated. */
const MAX_LOGS = 16;

interface Known {
  /** The version whose form the state has; '' for a module without a manifest. */
  readonly version: string;
  /** How to go back, the last change of version last. */
  readonly logs: readonly UndoLog[];
}

/** What a plugin that is to run makes of its state: nothing; what earlier migrations changed is taken back, `logs` in that order; or its own migration. */
export type LedgerStep = { readonly name: string; readonly from: string; readonly to: string } & (
  | { readonly kind: 'keep' | 'migrate' }
  | { readonly kind: 'restore'; readonly logs: readonly UndoLog[] }
);

function versionOf({ manifest }: PluginSpec): string {
  return manifest?.version ?? '';
}

/** Which version's form each plugin's state has. It belongs to the plugin's name, whatever routes that stands in, and so does its form. */
export class StateLedger {
  readonly #known = new Map<string, Known>();

  /** `undefined`: the state is this version's already, or nobody's. */
  step(spec: PluginSpec, migrates: boolean): LedgerStep | undefined {
    const known = this.#known.get(spec.name);
    const to = versionOf(spec);
    if (known === undefined || known.version === to) return undefined;
    const step = { name: spec.name, from: known.version, to };
    const back = known.logs.findLastIndex(({ from }) => from === to);
    if (back >= 0) return { ...step, kind: 'restore', logs: known.logs.slice(back).reverse() };
    return { ...step, kind: migrates ? 'migrate' : 'keep' };
  }

  /** The state has this version's form from now on. */
  begin(spec: PluginSpec): void {
    if (!this.#known.has(spec.name)) this.#known.set(spec.name, { version: versionOf(spec), logs: [] });
  }

  /** A step was taken. `log`: how to go back; absent: there is no way, nor any behind it. `maxBytes`: of all ways back that are kept. */
  take(step: LedgerStep, log: UndoLog | undefined, maxBytes: number): void {
    const logs = this.#known.get(step.name)?.logs ?? [];
    if (step.kind === 'restore') {
      this.#known.set(step.name, { version: step.to, logs: logs.slice(0, logs.length - step.logs.length) });
      return;
    }
    const kept = log === undefined ? [] : [...logs, log].slice(-MAX_LOGS);
    let bytes = kept.reduce((sum, entry) => sum + entry.bytes, 0);
    while (bytes > maxBytes && kept.length > 1) bytes -= kept.shift()?.bytes ?? 0;
    this.#known.set(step.name, { version: step.to, logs: kept });
  }

  forget(filter: StateFilter): void {
    for (const { logs } of this.#known.values()) for (const log of logs) log.forget(filter);
  }
}
