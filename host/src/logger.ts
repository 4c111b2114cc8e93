import { printable } from '@framegate/sdk/abi';
import { type DestinationStream, pino } from 'pino';

/** Where the host writes what it does. Fields never hold payloads or secrets. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** A logger whose level can be changed while it is in use. */
export interface LeveledLogger extends Logger {
  level: string;
}

/** One JSON object a line, to stderr unless told otherwise. Nothing in a line is obeyed by a terminal, whoever wrote it. */
export function createLogger(level: LogLevel, destination: DestinationStream = pino.destination({ dest: 2, sync: true })): LeveledLogger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write: (line) => destination.write(printable(line)) },
  );
}
