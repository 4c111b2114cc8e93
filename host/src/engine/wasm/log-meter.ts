import type { PluginLimits } from '../engine.js';
import type { PluginServices } from './plugin-services.js';

export const DEFAULT_LOG_LINES = 100;
export const DEFAULT_LOG_LINE_BYTES = 4096;
const WINDOW_MS = 1_000;

/**
 * The same services with so many log lines a second (`limits.logLines`), whatever instances of the plugin write them. Where lines are
 * left out, one says so at once, and one how many there were as soon as lines are taken again.
 */
export function meterLog(services: PluginServices, limits: PluginLimits, now: () => number = () => performance.now()): PluginServices {
  const { logLines = DEFAULT_LOG_LINES } = limits;
  let since = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let suppressed = 0;
  return {
    ...services,
    log(plugin, level, message, connection) {
      const time = now();
      if (time - since >= WINDOW_MS) {
        if (suppressed > 0) services.log(plugin, 'warn', `${suppressed} lines suppressed; see limits.logLines`, '');
        since = time;
        lines = 0;
        suppressed = 0;
      }
      lines += 1;
      if (lines <= logLines) {
        services.log(plugin, level, message, connection);
        return;
      }
      suppressed += 1;
      if (suppressed === 1)
        services.log(plugin, 'warn', `more than ${logLines} lines in a second (limits.logLines): what follows is suppressed`, connection);
    },
  };
}
