import { type ConfigChange, configChange } from './config/config-change.js';
import { parseConfig } from './config/config-file.js';
import type { HostConfig, HostConfigInput } from './config/config-schema.js';
import { HostError } from './errors.js';
import type { Logger } from './logger.js';
import { FileWatch } from './rollout/file-watch.js';

/** Where a host's configuration comes from, so that it can be read again. */
export interface ConfigSource {
  /** Absolute; watched as `plugins.watchMs` says. It need not be there yet. */
  readonly file: string;
  readonly read: () => Promise<HostConfigInput>;
}

/** A reload that changed something. */
export interface AppliedReload {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In words. */
  readonly changes: readonly string[];
}

export interface ConfigReloadParts {
  /** The configuration in effect at the start. */
  readonly config: HostConfig;
  /** `undefined`: only what is handed to `reload` counts. */
  readonly source: ConfigSource | undefined;
  /** Makes a change true, all of it or nothing; rejects with a HostError. */
  readonly apply: (config: HostConfig, change: ConfigChange) => Promise<void>;
  readonly logger: Logger;
}

/** Changes the configuration of a host that runs: one reload after the other, each whole or not at all. */
export class ConfigReload {
  readonly #parts: ConfigReloadParts;
  readonly #watch: FileWatch | undefined;
  #config: HostConfig;
  #reloading: Promise<unknown> = Promise.resolve();
  #closed = false;
  #last: AppliedReload | undefined;
  /** How many reloads there were, by what became of them. */
  readonly counts = { applied: 0, refused: 0 };

  constructor(parts: ConfigReloadParts) {
    this.#parts = parts;
    this.#config = parts.config;
    const { watchMs } = parts.config.plugins;
    if (parts.source === undefined || watchMs === 0) return;
    this.#watch = new FileWatch({
      intervalMs: watchMs,
      // What was wrong is logged.
      changed: () => void this.reload().catch(() => {}),
      failed: (file, error) => parts.logger.error({ file, error: String(error) }, 'a changed file could not be looked at'),
    });
    this.#watch.watch([parts.source.file]);
  }

  /** The configuration in effect. */
  get config(): HostConfig {
    return this.#config;
  }

  /** The last one that changed something. */
  get last(): AppliedReload | undefined {
    return this.#last;
  }

  /** Applies `input`, or what the source says now. Resolves with what has changed, in words. Rejects with a HostError, having changed nothing. */
  reload(input?: HostConfigInput): Promise<readonly string[]> {
    const reloaded = this.#reloading.then(() => this.#reload(input));
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  /** Resolves when no reload is under way any more; none follows. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    await this.#reloading;
  }

  async #reload(input: HostConfigInput | undefined): Promise<readonly string[]> {
    const { source, apply, logger } = this.#parts;
    try {
      if (this.#closed) throw new HostError('ENGINE_CLOSED', 'The host is stopping; its configuration stays as it is.');
      const next = parseConfig(input ?? (await read(source)), source?.file);
      const change = configChange(this.#config, next);
      if (change.restart.length > 0) {
        throw new HostError('CONFIG_NEEDS_RESTART', `Not applied, because these take a restart: ${change.restart.join(', ')}.`);
      }
      await apply(next, change);
      this.#config = next;
      this.counts.applied += 1;
      if (change.summary.length > 0) this.#last = { at: Date.now(), changes: change.summary };
      logger.info({ changes: change.summary }, 'config-reloaded');
      return change.summary;
    } catch (error) {
      this.counts.refused += 1;
      const { code, message, hint } =
        error instanceof HostError ? error : { code: undefined, message: String(error), hint: 'Nothing was changed.' };
      logger.warn({ code, message, hint }, 'config-refused');
      throw error;
    }
  }
}

async function read(source: ConfigSource | undefined): Promise<HostConfigInput> {
  if (source !== undefined) return source.read();
  throw new HostError('CONFIG_NOT_FOUND', 'This host was not started from a file, so there is nothing to read again.', {
    hint: 'Call `host.reload` with the new configuration, or start the host with `framegate-host`.',
  });
}
