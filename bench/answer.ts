/** What a child process can be asked, by name. Inputs and answers travel as JSON. */
export type Api = { readonly [name: string]: (input: never) => unknown };

export interface Request {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };

/** Answers the parent's requests from `api` until the parent hangs up; then this process ends. */
export function answer(api: Api): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const { id, name, input } = message as Request;
    const run = async (): Promise<Answer> => {
      const call = api[name];
      if (!call) throw new Error(`This process has no "${name}".`);
      return { id, value: await call(input as never) };
    };
    run()
      .catch((error: unknown): Answer => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
      .then((reply) => process.send?.(reply))
      .catch(() => process.exit(1));
  });
}
