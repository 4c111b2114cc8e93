import { stderr } from 'node:process';
import pc from 'picocolors';

const FIRST_AFTER_MS = 1_000;
const AGAIN_AFTER_MS = 200;

/** Says on stderr how far something is that takes more than a second: one line, rewritten on a terminal, written once elsewhere. */
export class Progress {
  readonly #describe: (done: number) => string;
  readonly #terminal = stderr.isTTY === true;
  #nextAt = performance.now() + FIRST_AFTER_MS;
  #shown = false;

  constructor(describe: (done: number) => string) {
    this.#describe = describe;
  }

  report(done: number): void {
    const now = performance.now();
    if (now < this.#nextAt || (this.#shown && !this.#terminal)) return;
    this.#nextAt = now + AGAIN_AFTER_MS;
    const line = pc.dim(`… ${this.#describe(done)}`);
    stderr.write(this.#terminal ? `\r\u001b[2K${line}` : `${line}\n`);
    this.#shown = true;
  }

  /** Takes the line away, on a terminal. */
  clear(): void {
    if (this.#shown && this.#terminal) stderr.write('\r\u001b[2K');
  }
}
