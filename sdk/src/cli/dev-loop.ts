import { realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import pc from 'picocolors';
import { compilePlugin } from '../compiler/compile.js';
import type { DevHost } from './dev-host.js';
import { formatBytes, formatError } from './output.js';
import type { Project } from './project.js';
import { SaveWatch } from './save-watch.js';

const IGNORED = new Set(['node_modules', 'dist', 'coverage']);
/** Of the folder: what decides how sources are found. */
const SETTINGS = ['package.json', 'tsconfig.json'];

export interface DevLoopOptions {
  readonly project: Project;
  readonly host: DevHost;
  /** The host's configuration, from the folder: a change of it counts as one of the plugin. */
  readonly configFile: string;
  readonly write: (line: string) => void;
}

/** Save, build, run: one after the other, and once more for whatever was saved meanwhile. A build that fails leaves what runs as it is. */
export class DevLoop {
  readonly #options: DevLoopOptions;
  readonly #folder = realpathSync(process.cwd());
  #watcher: SaveWatch | undefined;
  /** Full paths whose change counts. */
  #sources: ReadonlySet<string> = new Set();
  /** What the build under way has read, or looked for in vain. */
  readonly #tried = new Set<string>();
  /** When the oldest change was seen that is not live yet. */
  #changedAt: number | undefined;
  #working = false;
  /** Ends a build under way. */
  readonly #closing = new AbortController();

  constructor(options: DevLoopOptions) {
    this.#options = options;
  }

  /** Resolves when the first build has been tried and changes are watched. */
  async start(): Promise<void> {
    this.#watcher = new SaveWatch({
      folder: this.#folder,
      ignored: (path) => this.#isIgnored(path),
      changed: (path) => void this.#changed(path),
      failed: (error) => this.#options.write(`${pc.yellow('warning')} not watched: ${formatError(error)}`),
    });
    await this.#watcher.ready;
    this.#changedAt = performance.now();
    await this.#work();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watcher?.close();
    await this.#options.host.close();
  }

  async #changed(path: string): Promise<void> {
    const isSource = this.#sources.has(path) || this.#tried.has(path);
    if (!isSource && path !== resolve(this.#folder, this.#options.configFile)) return;
    this.#changedAt ??= performance.now();
    await this.#work();
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    while (this.#changedAt !== undefined) {
      const since = this.#changedAt;
      this.#changedAt = undefined;
      await this.#renew(since);
    }
    this.#working = false;
  }

  async #renew(since: number): Promise<void> {
    const { project, host, write } = this.#options;
    const running = host.address !== undefined;
    const tried = this.#tried;
    tried.clear();
    try {
      const { wasm, warnings, sources, timings } = await compilePlugin({
        entry: project.entry,
        outFile: project.out,
        reads: (file) => tried.add(file),
        signal: this.#closing.signal,
      });
      for (const warning of warnings) write(`${pc.yellow('warning')} ${warning}`);
      this.#watch(sources);
      tried.clear();
      await host.renew();
      const took = pc.bold(`live in ${Math.round(performance.now() - since)} ms`);
      write(
        `${pc.green('✓')} ${took}  ${formatBytes(wasm.length)}, built in ${Math.round(timings.total)} ms  ${pc.cyan(host.address ?? '')}`,
      );
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      // it may be any of what the last good build read, and of what this one read or looked for in vain
      if (tried.size > 0) this.#watch([...this.#sources, ...tried, ...SETTINGS.map((file) => resolve(this.#folder, file))]);
      write(`${pc.red('error')} ${formatError(error)}`);
      write(running ? pc.dim('the version before goes on running') : pc.dim('nothing runs yet: correct it and save'));
    }
  }

  #watch(sources: readonly string[]): void {
    this.#sources = new Set(sources);
    this.#watcher?.add(sources.filter((file) => !file.startsWith(this.#folder + sep)));
  }

  #isIgnored(path: string): boolean {
    const [top = ''] = relative(this.#folder, path).split(sep).slice(-1);
    return IGNORED.has(top) || (top.startsWith('.') && top !== '..');
  }
}
