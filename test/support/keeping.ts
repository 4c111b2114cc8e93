import { STATE_SCOPES, type StateScope } from '@framegate/sdk/abi';
import type { Frame } from '../../host/src/frame.js';

/** What the plugin of engine-keeper.wat is to do. `trap` and `loop` need no key. */
export type Order =
  | { readonly do: 'set'; readonly scope: StateScope; readonly key: string; readonly bytes: number; readonly ttlMs?: number }
  | { readonly do: 'delete'; readonly scope: StateScope; readonly key: string }
  | { readonly do: 'trap' }
  | { readonly do: 'loop' };

const LETTERS = { set: 's', delete: 'd', trap: 't', loop: 'l' } as const;

/** A frame with these orders. */
export function keep(...orders: readonly Order[]): Frame {
  return { kind: 'binary', payload: Buffer.concat(orders.map(encodeOrder)) };
}

function encodeOrder(order: Order): Buffer {
  const key = Buffer.from('key' in order ? order.key : '');
  const head = Buffer.alloc(16);
  head.writeUInt8('scope' in order ? STATE_SCOPES.indexOf(order.scope) : 0, 0);
  head.write(LETTERS[order.do], 1);
  head.writeUInt8(key.length, 2);
  if (order.do === 'set') {
    head.writeUInt32LE(order.bytes, 4);
    head.writeDoubleLE(order.ttlMs ?? 0, 8);
  }
  return Buffer.concat([head, key]);
}
