import { type HOST_FUNCTIONS, HTTP_PART, HTTP_STATUS, STATE_STATUS } from '@framegate/sdk/abi';
import { type HttpResult, httpFailure } from '../../pipeline/http-exchange.js';
import { describeEntry } from '../../state/migration-state.js';
import { MAX_KEY_BYTES } from '../../state/state-transaction.js';
import { connectionJson } from '../abi/connection-json.js';
import { HOST_CALL_PRICE } from './fuel/host-call-price.js';
import { GuestWait } from './guest-fault.js';
import { readGuestRequest } from './guest-request.js';
import { asText, type GuestSession, MAX_FAILURE_BYTES } from './guest-session.js';

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** The functions of `framegate:host/v1` for one guest (docs/abi.md). They throw nothing but a GuestAbort or a GuestWait. */
export function hostFunctions(session: GuestSession): Record<keyof typeof HOST_FUNCTIONS, (...numbers: number[]) => number | undefined> {
  let pending: Uint8Array = NOTHING;
  let config: Uint8Array | undefined;
  let answer: HttpResult = httpFailure('no HTTP request has been made');
  const { stateBytes } = session.spec.limits;
  const keyOf = (scope: number, address: number, length: number) =>
    length >>> 0 > MAX_KEY_BYTES ? STATE_STATUS.tooLarge : session.key(scope, asText(session.read(address, length, 'state key')));
  const refused = (status: number): number => {
    session.migration?.refuse(status);
    return status;
  };
  return {
    result_copy(dst = 0) {
      session.charge(HOST_CALL_PRICE.resultCopy);
      session.read(dst, pending.length, 'result_copy').set(pending);
      return undefined;
    },
    connection() {
      session.charge(HOST_CALL_PRICE.known);
      pending = connectionJson(session.call.connection);
      return pending.length;
    },
    config() {
      session.charge(HOST_CALL_PRICE.known);
      config ??= encoder.encode(JSON.stringify(session.spec.config));
      pending = config;
      return pending.length;
    },
    now() {
      session.charge(HOST_CALL_PRICE.known);
      return session.now;
    },
    log(level = 0, address = 0, length = 0) {
      session.charge(HOST_CALL_PRICE.log);
      session.log(level, session.read(address, length, 'log'));
      return undefined;
    },
    fail(address = 0, length = 0) {
      session.charge(HOST_CALL_PRICE.fail);
      session.failure = asText(session.read(address, length, 'fail').subarray(0, MAX_FAILURE_BYTES));
      return undefined;
    },
    state_get(scope = 0, address = 0, length = 0) {
      session.charge(HOST_CALL_PRICE.stateRead);
      const key = keyOf(scope, address, length);
      if (typeof key === 'number') return key;
      const entry = session.state.get(key);
      if (!entry) return STATE_STATUS.absent;
      pending = entry.value;
      return pending.length;
    },
    state_set(scope = 0, address = 0, length = 0, value = 0, valueLength = 0, ttl = 0) {
      session.charge(HOST_CALL_PRICE.stateWrite);
      const key = keyOf(scope, address, length);
      if (typeof key === 'number') return refused(key);
      if (valueLength >>> 0 > stateBytes) return refused(STATE_STATUS.tooLarge);
      return session.state.set(key, session.read(value, valueLength, 'state_set').slice(), ttl, stateBytes);
    },
    state_delete(scope = 0, address = 0, length = 0) {
      session.charge(HOST_CALL_PRICE.stateRead);
      const key = keyOf(scope, address, length);
      return typeof key === 'number' ? key : session.state.delete(key);
    },
    state_add(scope = 0, address = 0, length = 0, delta = 0, ttl = 0) {
      session.charge(HOST_CALL_PRICE.stateWrite);
      const key = keyOf(scope, address, length);
      return typeof key === 'number' ? Number.NaN : session.state.add(key, delta, ttl, stateBytes);
    },
    state_ttl(scope = 0, address = 0, length = 0) {
      session.charge(HOST_CALL_PRICE.stateRead);
      const key = keyOf(scope, address, length);
      return typeof key === 'number' ? key : session.state.ttl(key);
    },
    http_request(request = 0, requestLength = 0, body = 0, bodyLength = 0, wait = 0) {
      session.charge(HOST_CALL_PRICE.httpRequest);
      const asked = readGuestRequest(session.read(request, requestLength, 'http_request'), session.read(body, bodyLength, 'http_request'));
      const result = typeof asked === 'string' ? httpFailure(asked) : session.http(asked);
      if (!result) {
        if (wait !== 0) throw new GuestWait();
        return HTTP_STATUS.waiting;
      }
      answer = result;
      return result.kind === 'response' ? result.status : HTTP_STATUS.failed;
    },
    http_answer(part = 0) {
      session.charge(HOST_CALL_PRICE.httpAnswer);
      if (part === HTTP_PART.headers) pending = encoder.encode(JSON.stringify(answer.kind === 'response' ? answer.headers : {}));
      else pending = answer.kind === 'response' ? answer.body : encoder.encode(answer.message);
      return pending.length;
    },
    migration_next() {
      session.charge(HOST_CALL_PRICE.migration);
      const key = session.migration?.next();
      if (!key) return STATE_STATUS.absent;
      pending = describeEntry(key);
      return pending.length;
    },
    migration_owner(scopeNumber = 0, address = 0, length = 0) {
      session.charge(HOST_CALL_PRICE.migration);
      const scope = session.scope(scopeNumber);
      const owner = asText(session.read(address, length, 'migration_owner'));
      return scope && session.migration?.select(scope, owner) ? 0 : STATE_STATUS.denied;
    },
  };
}
