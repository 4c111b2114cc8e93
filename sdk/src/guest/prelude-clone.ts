/** `structuredClone` of the web for what a plugin has: plain objects, arrays, collections, dates, errors, buffers; cycles are kept. */
export function structuredClone<T>(value: T): T {
  return clone(value, new Map()) as T;
}

function clone(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new DOMException(`structuredClone: a ${typeof value} cannot be cloned`, 'DataCloneError');
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const copy = emptyCopy(value, seen);
  seen.set(value, copy);
  if (value instanceof Map) for (const [key, member] of value) (copy as Map<unknown, unknown>).set(clone(key, seen), clone(member, seen));
  else if (value instanceof Set) for (const member of value) (copy as Set<unknown>).add(clone(member, seen));
  else if (Array.isArray(value) || isPlain(copy))
    for (const [key, member] of Object.entries(value)) (copy as Record<string, unknown>)[key] = clone(member, seen);
  return copy;
}

function emptyCopy(value: object, seen: Map<object, unknown>): object {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (ArrayBuffer.isView(value)) return cloneView(value, seen);
  if (value instanceof Error) return cloneError(value);
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    throw new DOMException(`structuredClone: a ${value.constructor.name} cannot be cloned`, 'DataCloneError');
  }
  if (Array.isArray(value)) return new Array<unknown>(value.length);
  return value instanceof Boolean || value instanceof Number || value instanceof String ? Object(value.valueOf()) : {};
}

function cloneView(view: ArrayBufferView, seen: Map<object, unknown>): object {
  const buffer = clone(view.buffer, seen) as ArrayBuffer;
  const Type = view.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => object;
  return new Type(buffer, view.byteOffset, 'length' in view ? (view.length as number) : view.byteLength);
}

function cloneError(error: Error): Error {
  const copy = Object.create(Object.getPrototypeOf(error)) as Error;
  for (const key of ['message', 'stack', 'cause'] as const)
    if (key in error) Object.defineProperty(copy, key, { value: error[key], writable: true, configurable: true });
  return copy;
}

function isPlain(value: unknown): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}
