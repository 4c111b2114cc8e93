import type { StateStore, StateWrite } from '../../state/state-store.js';
import { ByteReader, ByteWriter } from '../byte-codec.js';
import type { PluginSpec } from '../engine.js';
import type { PreparedPlugin } from '../wasm/instantiate-plugin.js';
import type { WorkerPool } from '../worker-pool.js';
import type { ChainDefinition } from '../worker-protocol.js';
import { WorkerGone, type WorkerThread } from '../worker-thread.js';
import { readWrites, writeWrites } from '../write-codec.js';
import { migrationFailed } from './run-migration.js';

/** Where migrations run: a thread with an instance of each plugin that has to be asked, and no frames. Whatever becomes of it, no client notices. */
export class MigrationThread {
  readonly #pool: WorkerPool;
  readonly #thread: WorkerThread;
  readonly #definition: ChainDefinition;
  /** The chain's numbers of the plugins that it has. */
  readonly #asked: readonly number[];
  #late = false;

  private constructor(pool: WorkerPool, thread: WorkerThread, definition: ChainDefinition, asked: readonly number[]) {
    this.#pool = pool;
    this.#thread = thread;
    this.#definition = definition;
    this.#asked = asked;
  }

  /** Rejects with a HostError, or with WorkerGone. */
  static async start(pool: WorkerPool, definition: ChainDefinition, asked: readonly number[]): Promise<MigrationThread> {
    const plugins = asked.flatMap((index) => definition.plugins[index] ?? []).map(unrecorded);
    return new MigrationThread(pool, await pool.startApart({ ...definition, plugins }), definition, asked);
  }

  /** Resolves with the changes, which are not applied. Rejects with PLUGIN_MIGRATION_FAILED. `withinMs`: then the thread is killed. */
  async migrate(plugin: number, from: string, state: StateStore, withinMs: number): Promise<readonly StateWrite[]> {
    const spec = this.#definition.plugins[plugin]?.spec;
    if (spec === undefined) throw new RangeError(`the chain has no plugin ${plugin}`);
    const timer = setTimeout(() => {
      this.#late = true;
      this.end();
    }, withinMs);
    try {
      const entries = allEntries(spec, state);
      return readWrites(new ByteReader(await this.#thread.migrate(this.#definition.chain, this.#asked.indexOf(plugin), from, entries)));
    } catch (error) {
      if (!(error instanceof WorkerGone)) throw error;
      const why = this.#late
        ? `it and the frames before it did not end within limits.migrateMs (${spec.limits.migrateMs ?? 'its default'} ms)`
        : `its thread ended: ${error.message}`;
      throw migrationFailed(spec, from, why);
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#pool.end(this.#thread);
  }
}

function unrecorded(prepared: PreparedPlugin): PreparedPlugin {
  const { record: _record, ...spec } = prepared.spec;
  return { ...prepared, spec };
}

function allEntries({ name }: PluginSpec, state: StateStore): ArrayBuffer {
  const writes: StateWrite[] = [];
  for (const [key, { value, expiresAt }] of state.entries({ plugin: name }, Date.now()))
    writes.push({ kind: 'set', key, value, expiresAt });
  const out = new ByteWriter();
  writeWrites(out, writes);
  return new Uint8Array(out.view()).buffer;
}
