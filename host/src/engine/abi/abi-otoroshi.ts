import { isUtf8 } from 'node:buffer';
import type { JsonObject, JsonValue } from '@framegate/sdk/abi';
import { CLOSE } from '../../close-codes.js';
import { fitCloseReason, isSendableCloseCode } from '../../close-frame.js';
import type { Frame } from '../../frame.js';
import type { ConnectionContext } from '../../pipeline/connection-context.js';
import type { PluginCall } from '../../pipeline/plugin.js';
import type { StateKey } from '../../state/state-store.js';
import { type Fault, PASS, type Verdict } from '../../verdict.js';
import { fault } from '../wasm/guest-fault.js';
import type { GuestInstance } from '../wasm/guest-instance.js';
import type { GuestIo } from '../wasm/guest-io.js';
import { asText } from '../wasm/guest-session.js';
import type { GuestAbi } from './guest-abi.js';
import { otoroshiEnvelope } from './otoroshi-envelope.js';

/** Bytes of one connection's `attrs` as JSON. */
const MAX_ATTRS_BYTES = 65_536;
/** A byte of a frame takes at most six in JSON (`\u0000`); members that nobody reads get some room too. */
const JSON_BYTES_PER_BYTE = 6;
const JSON_SPARE_BYTES = 65_536;

const encoder = new TextEncoder();

/**
 * JSON in, JSON out, as Otoroshi calls a Wasm WebSocket transformer (docs/abi.md). A connection's `attrs` are state of
 * scope `connection` under a key that no guest of this ABI can reach: they survive the instance and commit with the verdict.
 */
export class AbiOtoroshi implements GuestAbi {
  bytesIn = 0;
  bytesOut = 0;
  readonly #instance: GuestInstance;
  readonly #io: GuestIo;
  /** Reused for every call's input. */
  #scratch = Buffer.allocUnsafe(16_384);

  constructor(instance: GuestInstance, io: GuestIo) {
    this.#instance = instance;
    this.#io = io;
  }

  run(call: PluginCall): Verdict | Fault {
    const attrs = attrsKey(this.#instance.session.spec.name, call.connection);
    const input = this.#input(call, attrs);
    this.bytesIn = input.length;
    this.bytesOut = 0;
    this.#io.begin(input);
    const status = (this.#instance.exports[call.hook] as () => number)();
    const error = this.#io.error();
    if (status !== 0 || error !== undefined) return fault('PLUGIN_ERROR', error || `${call.hook} returned ${status} and did not say why`);
    const output = this.#io.output();
    this.bytesOut = output?.length ?? 0;
    return output ? this.#verdict(call, attrs, output) : PASS;
  }

  #input(call: PluginCall, attrs: StateKey): Uint8Array {
    const { frame, connection, state } = call;
    const { config } = this.#instance.session.spec;
    const kept = state.get(attrs)?.value;
    const text = frame.kind === 'text';
    const payload = text ? JSON.stringify(asText(frame.payload)) : `[${frame.payload.join(',')}]`;
    const json = `${otoroshiEnvelope(connection, config)}${kept ? asText(kept) : '{}'},"message":{"kind":"${frame.kind}","payload":${payload}}}`;
    // UTF-8 of a UTF-16 unit takes at most three bytes
    if (json.length * 3 > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(json.length * 3);
    return this.#scratch.subarray(0, this.#scratch.write(json, 'utf8'));
  }

  #verdict(call: PluginCall, attrsAt: StateKey, output: Uint8Array): Verdict | Fault {
    const { outputBytes } = this.#instance.session.spec.limits;
    if (output.length > outputBytes * JSON_BYTES_PER_BYTE + MAX_ATTRS_BYTES + JSON_SPARE_BYTES) return tooLarge(output.length, outputBytes);
    if (!isUtf8(output)) return invalid(`${call.hook}'s output is not UTF-8`);
    let answer: JsonValue;
    try {
      answer = JSON.parse(asText(output)) as JsonValue;
    } catch (error) {
      return invalid(`${call.hook}'s output is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!isObject(answer)) return invalid(`${call.hook}'s output is not a JSON object`);
    const { message, error, attrs } = answer;
    let verdict: Verdict = PASS;
    if (error === true) {
      verdict = rejection(answer);
    } else if (message !== undefined && message !== null) {
      const frame = readMessage(message);
      if (typeof frame === 'string') return invalid(`${call.hook}'s output: ${frame}`);
      if (frame.payload.length > outputBytes) return tooLarge(frame.payload.length, outputBytes);
      verdict = { kind: 'verdict', forward: [frame] };
    }
    return (attrs !== undefined && attrs !== null && this.#keep(call, attrsAt, attrs)) || verdict;
  }

  #keep(call: PluginCall, attrsAt: StateKey, attrs: JsonValue): Fault | undefined {
    if (!isObject(attrs)) return invalid(`${call.hook}'s output: attrs is not an object`);
    const { stateBytes } = this.#instance.session.spec.limits;
    const json = JSON.stringify(attrs);
    const kept = call.state.get(attrsAt)?.value;
    if (json === (kept ? asText(kept) : '{}')) return undefined;
    const bytes = encoder.encode(json);
    if (bytes.length <= MAX_ATTRS_BYTES && call.state.set(attrsAt, bytes, 0, stateBytes) === 0) return undefined;
    const limits = `at most ${MAX_ATTRS_BYTES} are allowed, and limits.stateBytes is ${stateBytes}`;
    return fault('PLUGIN_OUTPUT_TOO_LARGE', `${call.hook} returned attrs of ${bytes.length} bytes; ${limits}`);
  }
}

function attrsKey(plugin: string, connection: ConnectionContext): StateKey {
  return { plugin, scope: 'connection', owner: connection.id, key: 'attrs' };
}

function rejection({ reason, statusCode }: JsonObject): Verdict {
  const code = typeof statusCode === 'number' && isSendableCloseCode(statusCode) ? statusCode : CLOSE.POLICY.code;
  const text = typeof reason === 'string' ? reason : CLOSE.POLICY.reason;
  return { kind: 'verdict', forward: [], reject: { code, reason: fitCloseReason(text) }, reason: text };
}

/** The frame, or what is wrong with it. */
function readMessage(message: JsonValue): Frame | string {
  if (!isObject(message)) return 'message is not an object';
  const { kind = 'text', payload } = message;
  if (kind === 'text')
    return typeof payload === 'string' ? { kind, payload: encoder.encode(payload) } : "a text message's payload is not a string";
  if (kind !== 'binary') return `message.kind is ${JSON.stringify(kind)}, not "text" or "binary"`;
  if (!Array.isArray(payload) || !payload.every(isByte)) return "a binary message's payload is not an array of numbers from 0 to 255";
  return { kind, payload: Uint8Array.from(payload) };
}

function isByte(value: JsonValue): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): Fault {
  return fault('PLUGIN_OUTPUT_INVALID', message);
}

function tooLarge(bytes: number, limit: number): Fault {
  return fault('PLUGIN_OUTPUT_TOO_LARGE', `an output of ${bytes} bytes; limits.outputBytes is ${limit}`);
}
