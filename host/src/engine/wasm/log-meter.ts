import { LineMeter } from '../../line-meter.js';
import type { PluginLimits } from '../engine.js';
import type { PluginServices } from './plugin-services.js';

export const DEFAULT_LOG_LINES = 100;
export const DEFAULT_LOG_LINE_BYTES = 4096;

/**
 * The same services with so many log lines a second (`limits.logLines`), whatever instances of the plugin write them. Where lines are
 * left out, one says so at once, and one how many there were as soon as lines are taken again.
 */
export function meterLog(services: PluginServices, limits: PluginLimits, now?: () => number): PluginServices {
  const { logLines = DEFAULT_LOG_LINES } = limits;
  const meter = new LineMeter(logLines, now);
  return {
    ...services,
    log(plugin, level, message, connection) {
      const { write, first, left } = meter.take();
      if (left > 0) services.log(plugin, 'warn', `${left} lines suppressed; see limits.logLines`, '');
      if (write) services.log(plugin, level, message, connection);
      else if (first)
        services.log(plugin, 'warn', `more than ${logLines} lines in a second (limits.logLines): what follows is suppressed`, connection);
    },
  };
}
