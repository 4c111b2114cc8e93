import { type HOST_FUNCTIONS, STATE_STATUS } from '@framegate/sdk/abi';
import { MAX_KEY_BYTES } from '../../state/state-transaction.js';
import { connectionJson } from '../abi/connection-json.js';
import { asText, type GuestSession, MAX_FAILURE_BYTES } from './guest-session.js';

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** The functions of `framegate:host/v1` for one guest (docs/abi.md). They throw nothing but a GuestAbort. */
export function hostFunctions(session: GuestSession): Record<keyof typeof HOST_FUNCTIONS, (...numbers: number[]) => number | undefined> {
  let pending: Uint8Array = NOTHING;
  let config: Uint8Array | undefined;
  const { stateBytes } = session.spec.limits;
  const keyOf = (scope: number, address: number, length: number) =>
    length >>> 0 > MAX_KEY_BYTES ? STATE_STATUS.tooLarge : session.key(scope, asText(session.read(address, length, 'state key')));
  return {
    result_copy(dst = 0) {
      session.read(dst, pending.length, 'result_copy').set(pending);
      return undefined;
    },
    connection() {
      pending = connectionJson(session.call.connection);
      return pending.length;
    },
    config() {
      config ??= encoder.encode(JSON.stringify(session.spec.config));
      pending = config;
      return pending.length;
    },
    now: () => session.now,
    log(level = 0, address = 0, length = 0) {
      session.log(level, session.read(address, length, 'log'));
      return undefined;
    },
    fail(address = 0, length = 0) {
      session.failure = asText(session.read(address, length, 'fail').subarray(0, MAX_FAILURE_BYTES));
      return undefined;
    },
    state_get(scope = 0, address = 0, length = 0) {
      const key = keyOf(scope, address, length);
      if (typeof key === 'number') return key;
      const entry = session.call.state.get(key);
      if (!entry) return STATE_STATUS.absent;
      pending = entry.value;
      return pending.length;
    },
    state_set(scope = 0, address = 0, length = 0, value = 0, valueLength = 0, ttl = 0) {
      const key = keyOf(scope, address, length);
      if (typeof key === 'number') return key;
      if (valueLength >>> 0 > stateBytes) return STATE_STATUS.tooLarge;
      return session.call.state.set(key, session.read(value, valueLength, 'state_set').slice(), ttl, stateBytes);
    },
    state_delete(scope = 0, address = 0, length = 0) {
      const key = keyOf(scope, address, length);
      return typeof key === 'number' ? key : session.call.state.delete(key);
    },
    state_add(scope = 0, address = 0, length = 0, delta = 0, ttl = 0) {
      const key = keyOf(scope, address, length);
      return typeof key === 'number' ? Number.NaN : session.call.state.add(key, delta, ttl, stateBytes);
    },
    state_ttl(scope = 0, address = 0, length = 0) {
      const key = keyOf(scope, address, length);
      return typeof key === 'number' ? key : session.call.state.ttl(key);
    },
  };
}
