import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFailed } from 'vitest';
import { missingOutput } from './doc-output.js';
import type { DocBlock } from './doc-page.js';

/** What pages write where the machine of a test decides. */
const PORT = '4444';
const KEY = /MCowBQYDK2VwAyEA[\w+/]{43}=/;
const FILES = ['ts', 'js', 'json'];
/** Nothing of this repository's own npm run may leak into what a reader types. */
const ENV = Object.fromEntries(
  Object.entries({ ...process.env, NO_COLOR: '1' }).filter(([name]) => !/^npm_|^FRAMEGATE|^VITEST|^NODE_ENV$/i.test(name)),
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
 * print with the `text` block that follows. The folder that commands end in is where the next ones start.
 * `sh until-ctrl-c` runs on until a block `text ctrl-c`; `sh fails` ends with an error; `sh install` is done with the workspace's own packages, and
 * `sh packaged` not at all, unless packed ones are there; `sh checkout` has been done before.
 */
export class DocShell {
  readonly #options: DocShellOptions;
  readonly #port: string;
  /** What `framegate keys` has printed. */
  #key: string | undefined;
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
    const keyed = this.#key === undefined ? text : text.replace(KEY, this.#key);
    const own = keyed.replaceAll(PORT, this.#port).replaceAll('/tmp/framegate', this.#options.packed ?? '/tmp/framegate');
    if (lang === 'sh') return this.#shell(name, own);
    if (lang === 'text') return this.#compare(keyed, name === 'ctrl-c');
    if (lang === 'diff') return this.#change(name, own);
    if (!FILES.includes(lang) || name === '') return;
    await mkdir(dirname(join(this.#cwd, name)), { recursive: true });
    await writeFile(join(this.#cwd, name), `${own}\n`);
  }

  /** Ends what still runs. */
  async close(): Promise<void> {
    if (this.#running !== undefined) await this.#end('SIGTERM');
  }

  async #shell(kind: string, commands: string): Promise<void> {
    const isPackaged = this.#options.modules === undefined;
    if (kind === 'checkout' || (kind === 'packaged' && !isPackaged)) return;
    if (kind === 'until-ctrl-c') this.#start(commands);
    else if (kind === 'install' && !isPackaged) await this.#link(commands);
    else await this.#run(commands, kind === 'fails');
  }

  /** What stands for an installation where nothing is packed: npm installs what the page itself has packed, the rest are links. */
  async #link(commands: string): Promise<void> {
    const own = commands.replace(/^npm install(.*)$/gm, (_, files: string) => {
      const packed = files.split(' ').filter((file) => file.startsWith('../') && file.endsWith('.tgz'));
      return packed.length === 0 ? '' : `npm install --offline --no-audit --no-fund ${packed.join(' ')}`;
    });
    await this.#run(own, false);
    const { modules = '' } = this.#options;
    const folder = join(this.#cwd, 'node_modules');
    if (!existsSync(folder)) return symlink(modules, folder);
    const missing = readdirSync(modules).filter((name) => !existsSync(join(folder, name)));
    await Promise.all(missing.map((name) => symlink(join(modules, name), join(folder, name))));
  }

  async #run(commands: string, fails: boolean): Promise<void> {
    this.#isRunningMeant = false;
    const mark = '-- the folder is now: ';
    const child = spawn('bash', ['-e', '-c', `${commands}\necho "${mark}$PWD"`], { cwd: this.#cwd, env: ENV });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect(code === 0, `${commands}\nended with ${code}:\n${output}`).toBe(!fails);
    this.#key = KEY.exec(output)?.[0] ?? this.#key;
    const at = fails ? output.length : output.lastIndexOf(mark);
    if (!fails) this.#cwd = output.slice(at + mark.length).split('\n')[0] ?? this.#cwd;
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
      if (this.#missing(shown, output) === undefined) return;
      const streams = [process.stdout, process.stderr].map((stream) => once(stream as NonNullable<typeof stream>, 'data'));
      await Promise.race([...streams, once(process, 'close').then(() => this.#failed())]);
      return this.#compare(shown, isEnd);
    }
    expect(this.#missing(shown, this.#output), `this is missing in\n${this.#output}`).toBeUndefined();
  }

  #missing(shown: string, output: string): string | undefined {
    return missingOutput(shown, output.replaceAll(this.#port, PORT));
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
