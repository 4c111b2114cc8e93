import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFailed } from 'vitest';
import { missingOutput } from './doc-output.js';
import type { DocBlock } from './doc-page.js';

/** What pages write where the machine of a test decides. */
const PORT = '4444';
const FILES = ['ts', 'js', 'json'];
/** Nothing of this repository's own npm run may leak into what a reader types. */
const ENV = Object.fromEntries(
  Object.entries({
    ...process.env,
    NO_COLOR: '1',
    npm_config_loglevel: 'error',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  }).filter(([name]) => !/^npm_(?!config_(loglevel|audit|fund))|^FRAMEGATE|^VITEST|^NODE_ENV$/i.test(name)),
);

export interface DocShellOptions {
  /** An empty folder. */
  readonly folder: string;
  /** Linked where a page says `npm install`; undefined: npm installs, from these tarballs. */
  readonly modules?: string;
  /** What stands for the page's own `/tmp/framegate`, the folder with the packed packages. */
  readonly packed?: string;
}

/**
 * Does what a page tells its reader to: writes its files, applies its changes (`diff`), runs its commands (`sh`) and compares what they
 * print with the `text` block that follows. `sh until-ctrl-c` runs on until a block `text ctrl-c`. A path of commands leads on from block to block.
 */
export class DocShell {
  readonly #options: DocShellOptions;
  readonly #port: string;
  #cwd: string;
  #output = '';
  /** Whether a `text` block that comes now is about what runs on. */
  #isRunningMeant = false;
  #running: { readonly process: ChildProcess; output: string } | undefined;

  private constructor(options: DocShellOptions, port: string) {
    this.#options = options;
    this.#port = port;
    this.#cwd = options.folder;
  }

  static async open(options: DocShellOptions): Promise<DocShell> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    return new DocShell(options, String(port));
  }

  /** Rejects if a command fails, or prints something else than the page says. */
  async take({ lang, name, text }: DocBlock): Promise<void> {
    const own = text.replaceAll(PORT, this.#port).replaceAll('/tmp/framegate', this.#options.packed ?? '/tmp/framegate');
    if (lang === 'sh') return name === 'until-ctrl-c' ? this.#start(own) : this.#run(own);
    if (lang === 'text') return this.#compare(own, name === 'ctrl-c');
    if (lang === 'diff') return this.#change(name, own);
    if (!FILES.includes(lang) || name === '') return;
    await mkdir(dirname(join(this.#cwd, name)), { recursive: true });
    await writeFile(join(this.#cwd, name), `${own}\n`);
  }

  /** Ends what still runs. */
  async close(): Promise<void> {
    if (this.#running !== undefined) await this.#end('SIGTERM');
  }

  async #run(commands: string): Promise<void> {
    const { modules } = this.#options;
    this.#isRunningMeant = false;
    if (modules !== undefined && /^(npm|npx) install/m.test(commands)) {
      await this.#script(commands.replace(/^npm install.*$/gm, ''));
      await symlink(modules, join(this.#cwd, 'node_modules')).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      return;
    }
    await this.#script(commands);
  }

  async #script(commands: string): Promise<void> {
    const mark = '-- the folder is now: ';
    const child = spawn('bash', ['-e', '-c', `${commands}\necho "${mark}$PWD"`], { cwd: this.#cwd, env: ENV });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect(code, `${commands}\nended with ${code}:\n${output}`).toBe(0);
    const at = output.lastIndexOf(mark);
    this.#cwd = output.slice(at + mark.length).split('\n')[0] ?? this.#cwd;
    this.#output = output.slice(0, at);
  }

  #start(command: string): void {
    const child = spawn('bash', ['-c', `exec ${command}`], { cwd: this.#cwd, env: ENV, detached: true });
    const running = { process: child, output: '' };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (running.output += String(chunk)));
    this.#running = running;
    onTestFailed(() => console.error(`${command}\nhas printed:\n${running.output}`));
    this.#isRunningMeant = true;
  }

  async #compare(shown: string, isEnd: boolean): Promise<void> {
    if (isEnd) await this.#end('SIGINT');
    else if (this.#running !== undefined && this.#isRunningMeant) {
      const { process, output } = this.#running;
      if (missingOutput(shown, output) === undefined) return;
      await Promise.race([
        once(process.stdout as NonNullable<ChildProcess['stdout']>, 'data'),
        once(process, 'close').then(() => this.#failed()),
      ]);
      return this.#compare(shown, isEnd);
    }
    expect(missingOutput(shown, this.#output), `this is missing in\n${this.#output}`).toBeUndefined();
  }

  #failed(): never {
    throw new Error(`it ended too early:\n${this.#running?.output}`);
  }

  /** As a terminal does it: to everything that the command has started. */
  async #end(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
    if (this.#running === undefined) throw new Error('nothing runs that could be ended');
    const { process: child } = this.#running;
    const closed = child.exitCode === null ? once(child, 'close') : undefined;
    if (closed) process.kill(-(child.pid as number), signal);
    await closed;
    this.#output = this.#running.output;
    this.#running = undefined;
    this.#isRunningMeant = false;
  }

  /** A diff's lines, in their order: those with `-` give way to those with `+`; the others stand in the file. */
  async #change(name: string, diff: string): Promise<void> {
    const file = join(this.#cwd, name);
    const lines = diff.split('\n');
    const side = (other: string) =>
      lines
        .filter((line) => !line.startsWith(other))
        .map((line) => line.slice(1))
        .join('\n');
    const before = await readFile(file, 'utf8');
    expect(before.split(side('+')).length, `${name} has not exactly once\n${side('+')}`).toBe(2);
    await writeFile(
      file,
      before.replace(side('+'), () => side('-')),
    );
  }
}
