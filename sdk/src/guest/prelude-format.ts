const MAX_DEPTH = 4;
/** Values that one text tells of, so that a structure of millions is no burden. */
const MAX_VALUES = 1000;
const MAX_MEMBERS = 100;
const MAX_STRING = 10_000;
/** Errors that are told of below one: its causes and theirs. */
const MAX_CAUSES = 8;

/** What to do about an error, to be put behind its message. */
export type Advise = (error: { readonly name: string; readonly message: string }) => string;

interface Inspection {
  readonly parents: readonly object[];
  /** How many values may still be told of, in the whole text. */
  readonly budget: { left: number };
}

/** A value as text for a log: strings as they are, objects as their source would look. Cycles, depth, members and lengths are cut short. */
export function format(value: unknown): string {
  return typeof value === 'string' ? cut(value) : inspect(value, { parents: [], budget: { left: MAX_VALUES } });
}

/** `Name: message`, the stack trace, and the same of what it was caused by. What can't be read of it is left out. */
export function formatError(error: Error, advise: Advise = () => ''): string {
  const parts: string[] = [];
  const waiting: { error: unknown; lead: string }[] = [{ error, lead: '' }];
  const seen = new Set<unknown>();
  for (let next = waiting.shift(); next !== undefined && parts.length < MAX_CAUSES; next = waiting.shift()) {
    const { error: current, lead } = next;
    if (seen.has(current)) continue;
    seen.add(current);
    if (!(current instanceof Error)) {
      parts.push(`${lead}${format(current)}`);
      continue;
    }
    // cut one by one: each may have megabytes
    const name = textOf(current, 'name', 'Error');
    const message = textOf(current, 'message', '(its message cannot be read)');
    const stack = textOf(current, 'stack', '').trimEnd();
    parts.push(`${lead}${name}: ${message}${advise({ name, message })}${stack === '' ? '' : `\n${stack}`}`);
    if (current instanceof AggregateError && Array.isArray(current.errors))
      waiting.push(...current.errors.slice(0, MAX_CAUSES).map((one: unknown) => ({ error: one, lead: 'One of its errors: ' })));
    const cause = read(current, 'cause');
    if (cause !== undefined) waiting.push({ error: cause, lead: 'Caused by: ' });
  }
  return parts.join('\n');
}

/** A member of an error as text: its author may have put anything there, a getter that throws too. */
function textOf(error: Error, member: 'name' | 'message' | 'stack', otherwise: string): string {
  const value = read(error, member);
  return value === undefined ? otherwise : format(value);
}

function read(error: Error, member: 'name' | 'message' | 'stack' | 'cause'): unknown {
  try {
    return error[member];
  } catch {
    return undefined;
  }
}

/** The text's beginning, and how much was left out. */
export function cut(text: string, length = MAX_STRING): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}… (${text.length - length} more characters)`;
}

function inspect(value: unknown, { parents, budget }: Inspection): string {
  if (budget.left-- <= 0) return '…';
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[Function ${value.name || '(anonymous)'}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (parents.includes(value)) return '[Circular]';
  if (value instanceof Error) return formatError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (parents.length >= MAX_DEPTH) return Array.isArray(value) ? '[Array]' : '[Object]';
  return inspectMembers(value, { parents: [...parents, value], budget });
}

function inspectMembers(value: object, inspection: Inspection): string {
  const inner = (member: unknown): string => inspect(member, inspection);
  if (Array.isArray(value)) return list('[', value.length, some(value), inner, ']');
  if (value instanceof Map)
    return `Map(${value.size}) ${list('{', value.size, some(value), ([key, member]) => `${inner(key)} => ${inner(member)}`, '}')}`;
  if (value instanceof Set) return `Set(${value.size}) ${list('{', value.size, some(value), inner, '}')}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (ArrayBuffer.isView(value)) {
    // one without members is a DataView, which is not named here: that would keep it in every plugin
    if (!('length' in value)) return `${value.constructor.name}(${value.byteLength})`;
    const { length } = value as Uint8Array;
    return `${value.constructor.name}(${length}) ${list('[', length, (value as Uint8Array).subarray(0, MAX_MEMBERS), String, ']')}`;
  }
  const name = Object.getPrototypeOf(value) === null ? '' : value.constructor?.name;
  const keys = Object.keys(value);
  const member = (key: string): string =>
    `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${inner((value as Record<string, unknown>)[key])}`;
  return `${name && name !== 'Object' ? `${name} ` : ''}${list('{', keys.length, keys.slice(0, MAX_MEMBERS), member, '}')}`;
}

/** The first members. */
function some<T>(values: Iterable<T>): T[] {
  const found: T[] = [];
  for (const value of values) {
    if (found.length === MAX_MEMBERS) break;
    found.push(value);
  }
  return found;
}

function list<T>(open: string, count: number, members: Iterable<T>, write: (member: T) => string, close: string): string {
  const texts = Array.from(members, write);
  if (count > texts.length) texts.push(`… ${count - texts.length} more`);
  return texts.length === 0 ? open + close : `${open} ${texts.join(', ')} ${close}`;
}
