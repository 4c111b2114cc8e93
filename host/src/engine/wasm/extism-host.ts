import { STATE_SCOPES } from '@framegate/sdk/abi';
import type { HttpResult } from '../../pipeline/http-exchange.js';
import type { StateKey } from '../../state/state-store.js';
import { MAX_KEY_BYTES } from '../../state/state-transaction.js';
import { HOST_CALL_PRICE } from './fuel/host-call-price.js';
import { GuestAbort, GuestWait } from './guest-fault.js';
import { readGuestRequest } from './guest-request.js';
import { asText, type GuestSession } from './guest-session.js';
import type { KernelHost } from './kernel.js';

const PLUGIN_SCOPE = STATE_SCOPES.indexOf('plugin');
const encoder = new TextEncoder();

/** What stands behind `extism:host/env`: `Var` is the state of scope `plugin`, `Config` the top level of the configuration. */
export function extismHost(session: GuestSession): KernelHost {
  const { config, limits } = session.spec;
  let answer: Extract<HttpResult, { kind: 'response' }> | undefined;
  const variable = (name: Uint8Array): StateKey | undefined => {
    if (name.length > MAX_KEY_BYTES) return undefined;
    const key = session.key(PLUGIN_SCOPE, asText(name));
    if (typeof key !== 'number') return key;
    throw new GuestAbort('PLUGIN_ERROR', 'Var was used outside of a hook, or without the state scope "plugin" in the manifest');
  };
  /** What goes into the guest's memory costs fuel, too. */
  const paid = <T extends Uint8Array | undefined>(bytes: T): T => {
    session.charge(bytes?.length ?? 0);
    return bytes;
  };
  return {
    configGet(key) {
      session.charge(HOST_CALL_PRICE.config + key.length);
      const name = asText(key);
      const value = Object.hasOwn(config, name) ? config[name] : undefined;
      if (value === undefined) return undefined;
      return paid(encoder.encode(typeof value === 'string' ? value : JSON.stringify(value)));
    },
    varGet(name) {
      session.charge(HOST_CALL_PRICE.stateRead + name.length);
      const key = variable(name);
      return key && paid(session.state.get(key)?.value);
    },
    varSet(name, value) {
      session.charge(HOST_CALL_PRICE.stateWrite + name.length + (value?.length ?? 0));
      const key = variable(name);
      if (!value) {
        if (key) session.state.delete(key);
        return;
      }
      if (key && session.state.set(key, value, 0, limits.stateBytes) === 0) return;
      const what = `a Var with a name of ${name.length} and a value of ${value.length} bytes does not fit`;
      throw new GuestAbort(
        'PLUGIN_ERROR',
        `${what}: a name has at most ${MAX_KEY_BYTES} bytes, and limits.stateBytes is ${limits.stateBytes}`,
      );
    },
    log(level, text) {
      session.charge(HOST_CALL_PRICE.log + text.length);
      session.log(level, text);
    },
    httpRequest(request, body) {
      session.charge(HOST_CALL_PRICE.httpRequest + request.length + body.length);
      answer = undefined;
      const asked = readGuestRequest(request, body);
      const result = typeof asked === 'string' ? asked : session.http(asked);
      if (result === undefined) throw new GuestWait();
      if (typeof result === 'string') throw new GuestAbort('PLUGIN_ERROR', `http_request: ${result}`);
      // Extism has no way to tell a guest: its own hosts end the call as well
      if (result.kind === 'failed') throw new GuestAbort('PLUGIN_ERROR', `http_request: ${result.message}`);
      answer = result;
      return paid(result.body);
    },
    httpStatus: () => answer?.status ?? 0,
    httpHeaders() {
      session.charge(HOST_CALL_PRICE.httpAnswer);
      return answer && paid(encoder.encode(JSON.stringify(answer.headers)));
    },
  };
}
