import type { Hook, MessageHook, PluginGuards } from '@framegate/sdk/abi';
import type { Frame } from '../../frame.js';
import type { PluginSpec } from '../engine.js';
import { FrameGuard } from './frame-guard.js';

/**
 * Says for a whole chain which frames none of its plugins has an interest in: those need not go to the thread of the guests at all.
 * Only if each plugin with the hook has a guard that needs no state, since state is over there.
 */
export class ChainGuard {
  readonly #guards: Readonly<Record<MessageHook, readonly FrameGuard[]>>;
  /** A broadcast is asked for again for each recipient. */
  #lastResponse: Frame | undefined;
  #lastAnswer = false;

  /** `hooks`, `guards`: each plugin's. */
  constructor(plugins: readonly PluginSpec[], hooks: readonly ReadonlySet<Hook>[], guards: readonly PluginGuards[]) {
    const all = (hook: MessageHook): FrameGuard[] => {
      const made: FrameGuard[] = [];
      for (const [index, spec] of plugins.entries()) {
        if (!hooks[index]?.has(hook)) continue;
        const description = guards[index]?.[hook];
        // One that lets everything through makes the others a waste of time.
        if (description === undefined || description.text?.firstSight !== undefined) return [];
        made.push(new FrameGuard(description, spec.name, spec.limits.stateBytes));
      }
      return made;
    };
    this.#guards = { on_request_message: all('on_request_message'), on_response_message: all('on_response_message') };
  }

  /** True if no plugin need be called for the frame. */
  rulesOut(hook: MessageHook, frame: Frame): boolean {
    const guards = this.#guards[hook];
    if (guards.length === 0) return false;
    if (hook === 'on_request_message') return guards.every((guard) => guard.rulesOutFrame(frame));
    if (frame !== this.#lastResponse) {
      this.#lastResponse = frame;
      this.#lastAnswer = guards.every((guard) => guard.rulesOutFrame(frame));
    }
    return this.#lastAnswer;
  }
}
