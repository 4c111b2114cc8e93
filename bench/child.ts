import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Api, Request } from './answer.js';

const KEPT_OUTPUT = 4096;
const ANSWER_MS = 60_000;

/**
 * A process of the bench and what it can be asked. Its death fails every open and later call, with what it last printed:
 * a server that dies in the middle of a measurement must not pass for a slow one.
 */
export class Child<A extends Api> {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #requests = 0;
  #output = '';
  #death: Error | undefined;
  #stopping = false;

  /** `file` is a compiled entry beside this one; `name` is for error messages. */
  constructor(name: string, file: string) {
    this.#name = name;
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.#process.on('message', (message) => this.#settle(message as Answer));
    this.#process.on('error', (error) => this.#die(error.message));
    // 'close' comes after the last output was read, 'exit' may not.
    this.#process.on('close', (code, signal) => this.#die(`ended with ${signal ?? code}`));
  }

  /** Fails without an answer within `withinMs`. */
  call<K extends keyof A & string>(name: K, input: Parameters<A[K]>[0], withinMs = ANSWER_MS): Promise<Awaited<ReturnType<A[K]>>> {
    if (this.#death) return Promise.reject(this.#death);
    this.#requests += 1;
    const request: Request = { id: this.#requests, name, input };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle({ id: request.id, error: `no answer to "${name}" within ${withinMs} ms` }), withinMs);
      this.#open.set(request.id, {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value as Awaited<ReturnType<A[K]>>);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      // A send that fails means that the process is ending; 'close' will tell of what.
      this.#process.send(request, () => undefined);
    });
  }

  /** The end of what it has printed: logs, warnings. */
  get printed(): string {
    return this.#output.trim();
  }

  async stop(): Promise<void> {
    if (this.#death) return;
    this.#stopping = true;
    const exited = once(this.#process, 'exit');
    // Node does not emit 'close' once this side has hung up.
    this.#process.disconnect();
    await exited;
    this.#die('');
  }

  #settle(reply: Answer): void {
    const caller = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    if ('error' in reply) caller?.reject(new Error(`${this.#name}: ${reply.error}`));
    else caller?.resolve(reply.value);
  }

  #die(reason: string): void {
    if (this.#death) return;
    const printed = this.printed ? `\nIt last printed:\n${this.printed}` : '';
    this.#death = new Error(`${this.#name} ${this.#stopping ? 'was stopped' : reason}.${printed}`);
    for (const { reject } of this.#open.values()) reject(this.#death);
    this.#open.clear();
  }
}
