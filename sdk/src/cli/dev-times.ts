import pc from 'picocolors';
import { printable } from '../abi/printable.js';
import type { TimedCall } from './dev-tracer.js';
import { formatMs } from './output.js';

/** Of so many calls since the last summary the times are kept, the latest ones. */
const MAX_TIMES = 4_096;

/** Where a frame comes from or goes to, or what else a hook is called for. */
export const HOOK_TEXT: Readonly<Record<string, string>> = {
  on_connect: 'on connect',
  on_request_message: 'from client',
  on_response_message: 'to client',
  on_disconnect: 'on disconnect',
};

interface HookTimes {
  readonly plugin: string;
  readonly hook: string;
  frames: number;
  passed: number;
  readonly ms: number[];
}

/** How long plugins take for a frame: for the line that says what became of it, and in all since the last summary. */
export class DevTimes {
  #last: readonly TimedCall[] = [];
  #hooks = new Map<string, HookTimes>();

  /** All calls that one frame caused. Those that were killed are not among them. */
  take(calls: readonly TimedCall[]): void {
    this.#last = calls;
    for (const { plugin, hook, passed, ms } of calls) {
      const key = `${plugin} ${hook}`;
      const times = this.#hooks.get(key) ?? { plugin, hook, frames: 0, passed: 0, ms: [] };
      this.#hooks.set(key, times);
      times.ms[times.frames % MAX_TIMES] = ms;
      times.frames++;
      if (passed) times.passed++;
    }
  }

  /** Milliseconds that the plugin took for the frame that settled last; undefined if it was killed. A frame that waits for the network has several calls. */
  lastOf(plugin: string): number | undefined {
    const calls = this.#last.filter((call) => call.plugin === plugin);
    return calls.length === 0 ? undefined : calls.reduce((sum, { ms }) => sum + ms, 0);
  }

  /** A line for each plugin and hook that had frames since the last summary, unless a line of its own has said all of it. */
  summary(): string[] {
    const hooks = [...this.#hooks.values()];
    this.#hooks = new Map();
    return hooks.flatMap(({ plugin, hook, frames, passed, ms }) => {
      const what = pc.dim(HOOK_TEXT[hook] ?? printable(hook));
      const slowest = formatMs(ms.reduce((most, one) => Math.max(most, one), 0));
      if (frames === 1) return passed === 0 ? [] : [`${pc.bold(printable(plugin))}  passed ${what} in ${slowest}`];
      const median = formatMs(ms.sort((one, other) => one - other)[(ms.length - 1) >> 1] ?? 0);
      const shares = passed === 0 ? '' : `, ${passed === frames ? 'all' : passed} of them passed`;
      return [`${pc.bold(printable(plugin))}  ${frames} frames ${what}${shares}: half took at most ${median}, the slowest ${slowest}`];
    });
  }
}
