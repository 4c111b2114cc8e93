import { formatTable } from './console-table.js';

const LEVEL = { debug: 0, info: 1, warn: 2, error: 3 } as const;
/** Characters of one entry; what is beyond is left out, and the entry says so. */
const MAX_ENTRY = 16_384;
const MAX_GROUPS = 20;
/** Labels of timers, and of counters, that are kept at once. */
const MAX_LABELS = 1000;
const DEFAULT_LABEL = 'default';

interface Tools {
  log(level: number, message: string): void;
  format(value: unknown): string;
  cut(text: string, length: number): string;
}

/** `console` of the web (console.spec.whatwg.org): each call is one entry of the host's log, of bounded length. */
export function createConsole({ log, format, cut }: Tools): Readonly<Record<string, (...data: unknown[]) => void>> {
  const timers = new Map<string, number>();
  const counters = new Map<string, number>();
  let groups = 0;
  const entry = (level: number, text: string): void => {
    const indent = '  '.repeat(Math.min(groups, MAX_GROUPS));
    log(level, cut(indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`), MAX_ENTRY));
  };
  const write = (level: number, data: readonly unknown[]): void => entry(level, substitute(data, format));
  const at =
    (level: number) =>
    (...data: unknown[]) =>
      write(level, data);
  const remember = (labels: Map<string, number>, label: string, value: number): void => {
    if (labels.size >= MAX_LABELS && !labels.has(label)) labels.delete(labels.keys().next().value as string);
    labels.set(label, value);
  };
  const elapsed = (label: string): string => {
    const started = timers.get(label);
    return started === undefined ? `there is no timer "${label}"` : `${label}: ${Date.now() - started} ms`;
  };
  const openGroup = (...data: unknown[]): void => {
    if (data.length > 0) write(LEVEL.info, data);
    groups++;
  };
  return {
    debug: at(LEVEL.debug),
    trace: (...data) => {
      // The first line is this function's own.
      const trace = (new Error().stack ?? '').trimEnd().split('\n').slice(1).join('\n');
      entry(LEVEL.debug, `Trace${data.length === 0 ? '' : `: ${substitute(data, format)}`}\n${trace}`);
    },
    log: at(LEVEL.info),
    info: at(LEVEL.info),
    dir: (value) => write(LEVEL.info, [value]),
    dirxml: at(LEVEL.info),
    table: (data, columns) =>
      entry(LEVEL.info, formatTable(data, Array.isArray(columns) ? columns.map(String) : undefined, format) ?? format(data)),
    warn: at(LEVEL.warn),
    error: at(LEVEL.error),
    assert: (condition, ...data) => {
      if (!condition) entry(LEVEL.error, data.length === 0 ? 'Assertion failed' : `Assertion failed: ${substitute(data, format)}`);
    },
    clear: () => {},
    count: (label = DEFAULT_LABEL) => {
      const count = (counters.get(String(label)) ?? 0) + 1;
      remember(counters, String(label), count);
      entry(LEVEL.info, `${String(label)}: ${count}`);
    },
    countReset: (label = DEFAULT_LABEL) => void counters.delete(String(label)),
    time: (label = DEFAULT_LABEL) => remember(timers, String(label), Date.now()),
    timeLog: (label = DEFAULT_LABEL, ...data) => entry(LEVEL.info, [elapsed(String(label)), ...data.map(format)].join(' ')),
    timeEnd: (label = DEFAULT_LABEL) => {
      entry(LEVEL.info, elapsed(String(label)));
      timers.delete(String(label));
    },
    timeStamp: () => {},
    profile: () => {},
    profileEnd: () => {},
    group: openGroup,
    groupCollapsed: openGroup,
    groupEnd: () => {
      groups = Math.max(0, groups - 1);
    },
  };
}

/** Puts the arguments into the first one's %s, %d, %i, %f, %o, %O, %j and %c, and appends what is left. */
function substitute(data: readonly unknown[], format: Tools['format']): string {
  const [first, ...rest] = data;
  if (typeof first !== 'string' || rest.length === 0) return data.map(format).join(' ');
  const text = first.replace(/%([sdifoOjc%])/g, (whole, letter: string) => {
    if (letter === '%') return '%';
    if (rest.length === 0) return whole;
    const value = rest.shift();
    if (letter === 'c') return '';
    if (letter === 'd' || letter === 'f') return String(Number(value));
    if (letter === 'i') return String(Math.trunc(Number(value)));
    return letter === 'j' ? (JSON.stringify(value) ?? 'undefined') : format(value);
  });
  return [text, ...rest.map(format)].join(' ');
}
