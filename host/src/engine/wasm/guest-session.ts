import { randomFillSync } from 'node:crypto';
import { LOG_LEVELS, type LogLevel, STATE_SCOPES, STATE_STATUS, type StateScope } from '@framegate/sdk/abi';
import { HttpAccess } from '../../http/http-access.js';
import { describeRequest, type HttpRequest, type HttpResult, httpFailure } from '../../pipeline/http-exchange.js';
import type { PluginCall } from '../../pipeline/plugin.js';
import type { MigrationState } from '../../state/migration-state.js';
import { stateOwner } from '../../state/state-owner.js';
import type { StateKey } from '../../state/state-store.js';
import type { StateTransaction } from '../../state/state-transaction.js';
import type { PluginSpec } from '../engine.js';
import type { FuelGauge } from './fuel/fuel-gauge.js';
import { GuestAbort } from './guest-fault.js';
import type { GuestMemory } from './guest-memory.js';
import { DEFAULT_LOG_LINE_BYTES } from './log-meter.js';
import type { PluginServices } from './plugin-services.js';

/** Lines one call may log; one more says that the rest was left out. */
const LOG_LINES_PER_CALL = 32;
/** Bytes of what a guest says of its failure; the rest is cut. */
export const MAX_FAILURE_BYTES = 16_384;

const OTOROSHI_SCOPES: readonly StateScope[] = ['plugin'];

/** What the host functions of one instance know of the call that runs now. Between calls, and in `_initialize`, there is none. */
export class GuestSession {
  readonly spec: PluginSpec;
  /** Set once the module is instantiated. */
  memory: GuestMemory | undefined;
  /** Set once the module is instantiated, if it is metered. */
  fuel: FuelGauge | undefined;
  /** What the guest gave to `fail` in this call. */
  failure: string | undefined;
  readonly #services: PluginServices;
  readonly #scopes: readonly StateScope[];
  readonly #access: HttpAccess;
  #call: PluginCall | undefined;
  #migration: MigrationState | undefined;
  #logLines = 0;

  constructor(spec: PluginSpec, services: PluginServices) {
    this.spec = spec;
    this.#services = services;
    this.#scopes = spec.manifest?.capabilities.state ?? OTOROSHI_SCOPES;
    this.#access = new HttpAccess(spec.http, spec.manifest);
  }

  begin(call: PluginCall): void {
    this.#call = call;
    this.failure = undefined;
    this.#logLines = 0;
  }

  /** The state is to be migrated: no connection, no network. */
  beginMigration(state: MigrationState): void {
    this.#migration = state;
    this.failure = undefined;
    this.#logLines = 0;
  }

  end(): void {
    this.#call = undefined;
    this.#migration = undefined;
  }

  get now(): number {
    return this.#call?.now ?? this.#migration?.now ?? this.#services.now?.() ?? Date.now();
  }

  random(bytes: Uint8Array): void {
    if (this.#services.random) this.#services.random(bytes);
    else randomFillSync(bytes);
  }

  /** Bytes of one logged line; a longer one is cut. */
  get logLineBytes(): number {
    return this.spec.limits.logLineBytes ?? DEFAULT_LOG_LINE_BYTES;
  }

  /** The running call. Throws a GuestAbort outside of a hook. */
  get call(): PluginCall {
    if (!this.#call) throw new GuestAbort('PLUGIN_ERROR', 'a host function that needs a connection was called outside of a hook');
    return this.#call;
  }

  /** What the running call reads and writes. Throws a GuestAbort if there is none. */
  get state(): StateTransaction {
    return this.#migration ?? this.call.state;
  }

  /** Of the running migration. */
  get migration(): MigrationState | undefined {
    return this.#migration;
  }

  /** The scope of this number, if the plugin may use it. */
  scope(scopeNumber: number): StateScope | undefined {
    const scope = STATE_SCOPES[scopeNumber];
    return scope && this.#scopes.includes(scope) ? scope : undefined;
  }

  /** Takes units of fuel for what the host does for the guest. */
  charge(units: number): void {
    this.fuel?.charge(units);
  }

  /** The bytes at an address of the guest, which cost fuel. Throws a GuestAbort if they do not lie in its memory. */
  read(address: number, length: number, what: string): Uint8Array {
    const range = this.memory?.range(address, length);
    if (!range) throw new GuestAbort('PLUGIN_TRAP', `${what}: ${length >>> 0} bytes at ${address >>> 0} lie outside the guest's memory`);
    this.fuel?.charge(range.length);
    return range;
  }

  /** The key in its owner's memory, or a STATE_STATUS. */
  key(scopeNumber: number, name: string): StateKey | number {
    const scope = this.scope(scopeNumber);
    const owner = scope && (this.#call ? stateOwner(scope, this.#call.connection) : this.#migration?.owner(scope));
    if (!scope || owner === undefined) return STATE_STATUS.denied;
    return { plugin: this.spec.name, scope, owner, key: name };
  }

  /** The answer, or undefined: the frame has to wait for it. The request's body is copied before it is kept. */
  http(request: HttpRequest): HttpResult | undefined {
    const refused = this.#access.refuses(request);
    if (refused !== undefined) return httpFailure(`${describeRequest(request)}: ${refused}`);
    const journal = this.#call?.http;
    if (!journal || !this.spec.http) return httpFailure(`${describeRequest(request)}: HTTP works inside hooks, on real frames only`);
    return journal.ask(this.spec.name, { ...request, body: request.body.slice() }, this.spec.http.maxPerFrame);
  }

  log(level: number, text: Uint8Array): void {
    if (this.#logLines > LOG_LINES_PER_CALL) return;
    this.#logLines++;
    const name: LogLevel = LOG_LEVELS[level] ?? 'info';
    const connection = this.#call?.connection.id ?? '';
    if (this.#logLines > LOG_LINES_PER_CALL) {
      this.#write('warn', `more than ${LOG_LINES_PER_CALL} lines in one call: the rest was left out`, connection);
      return;
    }
    const line = text.length > this.logLineBytes ? `${asText(text.subarray(0, this.logLineBytes))}…` : asText(text);
    this.#write(name, line, connection);
  }

  #write(level: LogLevel, line: string, connection: string): void {
    const write = () => this.#services.log(this.spec.name, level, line, connection);
    if (this.#call?.http) this.#call.http.atResult(write);
    else write();
  }
}

export function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
