import type { Connection } from '@framegate/sdk/abi';

/** What a plugin may know of a connection. Sent to an engine worker once and again only when it changes, never with a frame. */
export interface ConnectionContext extends Connection {
  /** Unique in this process while the connection lives; the ABI's connection number. */
  readonly handle: number;
  /** Grows with every change of the other fields. */
  readonly version: number;
}

/** The next version of a context. A key that is `undefined` in `change` is taken away. */
export function changedContext(context: ConnectionContext, change: Partial<Record<keyof Connection, unknown>>): ConnectionContext {
  const entries = Object.entries({ ...context, ...change, version: context.version + 1 });
  // Made anew and not with `delete`: that makes V8 keep the object as a hash table, five times as large, as long as the connection lives.
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown as ConnectionContext;
}
