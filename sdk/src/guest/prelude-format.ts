const MAX_DEPTH = 4;

/** A value as text for a log: strings as they are, objects as their source would look. Cycles and depth are cut short. */
export function format(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, []);
}

function inspect(value: unknown, parents: readonly object[]): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[Function ${value.name || '(anonymous)'}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (parents.includes(value)) return '[Circular]';
  if (value instanceof Error) return `${value.name}: ${value.message}${value.stack ? `\n${value.stack.trimEnd()}` : ''}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (parents.length >= MAX_DEPTH) return Array.isArray(value) ? '[Array]' : '[Object]';
  return inspectMembers(value, [...parents, value]);
}

function inspectMembers(value: object, parents: readonly object[]): string {
  const inner = (member: unknown): string => inspect(member, parents);
  if (Array.isArray(value)) return list('[', Array.from(value, inner), ']');
  if (value instanceof Map)
    return `Map(${value.size}) ${list(
      '{',
      [...value].map(([key, member]) => `${inner(key)} => ${inner(member)}`),
      '}',
    )}`;
  if (value instanceof Set) return `Set(${value.size}) ${list('{', [...value].map(inner), '}')}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (ArrayBuffer.isView(value))
    return value instanceof DataView
      ? `DataView(${value.byteLength})`
      : `${value.constructor.name}(${value.byteLength}) ${list('[', Array.from(value as Uint8Array, String), ']')}`;
  const name = Object.getPrototypeOf(value) === null ? '' : value.constructor?.name;
  const members = Object.entries(value).map(([key, member]) => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${inner(member)}`);
  return `${name && name !== 'Object' ? `${name} ` : ''}${list('{', members, '}')}`;
}

function list(open: string, members: readonly string[], close: string): string {
  return members.length === 0 ? open + close : `${open} ${members.join(', ')} ${close}`;
}
