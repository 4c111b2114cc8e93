import type { Span, Tracer } from '../telemetry/tracer.js';
import type { RolloutEvent } from './rollout-event.js';

/** The spans of one route's rollouts: one for each change of a plugin, with a child for each of its steps. Changes come one after the other. */
export class RolloutTrace {
  readonly #tracer: Tracer | undefined;
  readonly #route: string;
  #span: Span | undefined;

  /** `tracer`: `undefined`, and nothing is done. */
  constructor(tracer: Tracer | undefined, route: string) {
    this.#tracer = tracer;
    this.#route = route;
  }

  change<T>(plugin: string, work: () => Promise<T>): Promise<T> {
    if (this.#tracer === undefined) return work();
    const attributes = { 'framegate.route': this.#route, 'framegate.plugin': plugin };
    this.#span = this.#tracer.start({ name: `rollout ${plugin}`, attributes });
    return ended(this.#span, work());
  }

  /** What became of the change that is under way. */
  told({ kind }: RolloutEvent): void {
    this.#span?.set({ 'framegate.rollout.result': kind.replace('plugin-', '') });
  }

  step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#tracer === undefined) return work();
    return ended(
      this.#tracer.start({ name: `rollout step: ${name}`, parent: this.#span, attributes: { 'framegate.route': this.#route } }),
      work(),
    );
  }
}

async function ended<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    span.fail(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    span.end();
  }
}
