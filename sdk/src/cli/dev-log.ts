import type { Logger } from '@framegate/host';
import pc from 'picocolors';
import { printable } from '../abi/printable.js';
import { type DevTimes, HOOK_TEXT } from './dev-times.js';
import { formatMs } from './output.js';

/** What the host says of a frame that a plugin did not just let pass. */
const VERDICTS: Readonly<Record<string, string>> = {
  drop: pc.yellow('dropped'),
  replace: pc.cyan('replaced'),
  reject: pc.yellow('rejected'),
  close: pc.magenta('closed'),
  reply: pc.cyan('answered'),
  note: pc.dim('noted'),
  fault: pc.red('failed'),
};
const LEVELS = { debug: pc.dim, info: pc.blue, warn: pc.yellow, error: pc.red } as const;
/** Characters of a connection's id that tell one from another. */
const SHORT_ID = 8;

/** A host that makes way for the next one is no news; what became of a save, the loop says itself. */
const NO_NEWS: ReadonlySet<string> = new Set(['draining', 'plugin-swapped', 'plugin-refused']);

type Level = keyof typeof LEVELS;

/** The host's log for somebody who watches: which plugin said what of which frame, and why; its own lines; what else is worth a look. */
export class DevLog implements Logger {
  readonly #write: (line: string) => void;
  readonly #times: DevTimes;

  constructor(write: (line: string) => void, times: DevTimes) {
    this.#write = write;
    this.#times = times;
  }

  debug(fields: object, message: string): void {
    this.#log('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#log('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#log('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#log('error', fields, message);
  }

  #log(level: Level, fields: object, message: string): void {
    const { plugin, kind, hook, reason, fault, connection, ...rest } = fields as Readonly<Record<string, unknown>>;
    const client = connection === undefined || connection === '' ? '' : pc.dim(`  client ${text(connection).slice(0, SHORT_ID)}`);
    if (message === 'plugin') {
      const why = [fault, reason].filter((part) => part !== undefined).map(text);
      const ms = this.#times.lastOf(String(plugin));
      const took = ms === undefined ? '' : ` in ${formatMs(ms)}`;
      const what = `${VERDICTS[text(kind)] ?? text(kind)} ${pc.dim(HOOK_TEXT[text(hook)] ?? text(hook))}${took}`;
      this.#write(`${pc.bold(text(plugin))}  ${what}${why.length === 0 ? '' : `  ${why.join(': ')}`}${client}`);
    } else if (message === 'plugin log') {
      this.#write(`${pc.bold(text(plugin))}  ${LEVELS[level](level)}  ${text(rest.message)}${client}`);
    } else if (level !== 'debug' && !NO_NEWS.has(message)) {
      const all = { ...rest, ...(plugin === undefined ? {} : { plugin }) };
      const details = Object.entries(all).map(([name, value]) => `${name} ${text(value)}`);
      this.#write(`${LEVELS[level](message)}${details.length === 0 ? '' : pc.dim(`  ${details.join(', ')}`)}${client}`);
    }
  }
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value * 10) / 10);
  // What follows a line break stays below its line: it is no line of ours.
  return printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).replaceAll('\n', '\n    ');
}
