/** Runs jobs of one key one after the other, and those that are asked for while one runs as a single one behind it. */
export class MergedRuns {
  readonly #running = new Map<string, { again: boolean }>();

  /** `job` must not reject. Resolves when what was asked for has run; at once, if a run that is still to begin stands for it. */
  async run(key: string, job: () => Promise<void>): Promise<void> {
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const run = { again: false };
    this.#running.set(key, run);
    try {
      do {
        run.again = false;
        await job();
      } while (run.again);
    } finally {
      this.#running.delete(key);
    }
  }
}
