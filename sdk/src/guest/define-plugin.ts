import type { HookGuard } from '../abi/guard.js';
import { HTTP_HOST_FORM, parseHttpHost } from '../abi/http-hosts.js';
import { ABI_VERSION, type Hook, type JsonObject, type PluginManifest, STATE_SCOPES, type StateScope } from '../abi/manifest.js';
import type { ConfigOf, ConfigSchema } from './config-of.js';
import type { Context } from './context.js';
import { describeType } from './describe-type.js';
import type { GuestFrame } from './frame.js';
import type { Migration } from './migration.js';
import type { Verdict } from './verdict.js';

/** Nothing means: pass. A promise is awaited, but only microtasks run: there are no timers inside a plugin. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement has type void
export type HookResult = Verdict | undefined | void | Promise<Verdict | undefined | void>;

/** Which frames the host need not call a hook for. It passes them on; see docs/abi.md for what each member rules out. */
export interface Guards {
  readonly request?: HookGuard;
  readonly response?: HookGuard;
}

/** What a plugin is. `Schema` is the type of `config`, from which `ctx.config` is typed; `Shared` is what `setup` returns and `ctx.shared` is. */
export interface PluginDefinition<Schema extends ConfigSchema, Shared> {
  /** `[a-z0-9][a-z0-9-]{0,63}` */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly description?: string;
  /** JSON Schema (2020-12) of the configuration, an object. `ctx.config` is typed from it; the host validates and fills defaults. */
  readonly config?: Schema;
  /**
   * What the plugin asks the host for. Default: state of scope `plugin`, nothing else. `http` lists the hosts that it calls, such as
   * `api.example.com`, `*.example.com:8443` or `https://api.example.com`; the operator must have granted them. `httpOptional` lists
   * hosts that it calls only if they are granted: it is loaded without, and what is not granted fails when it is asked for.
   */
  readonly capabilities?: {
    readonly state?: readonly StateScope[];
    readonly http?: readonly string[];
    readonly httpOptional?: readonly string[];
  };
  /** `per-message`: `onResponse` never looks at the recipient, so a broadcast may run it once for all. Default `per-recipient`. */
  readonly response?: PluginManifest['response'];
  /** Runs once an instance, when it is loaded: build automata and tables here, never per frame. What it throws keeps the plugin from being loaded. */
  setup?(config: ConfigOf<Schema>): Shared;
  /**
   * Runs once an instance, after `setup`: which frames the hooks have no interest in under this configuration. The host decides that by itself,
   * many times faster than a hook does, and mostly without a trip to the plugin's thread. Rule out only what the hook would pass anyway.
   */
  guard?(config: ConfigOf<Schema>, shared: Shared): Guards;
  /**
   * Runs once when this version takes over from another one, between two frames, before this one sees any: brings what the other one has kept into
   * the form that this one reads. `fromVersion`: the version whose form it has now, '' if that had no manifest; it may be a newer one. What it throws keeps the version
   * from going live, and the state as it was. Not called if the versions are the same, or nothing is kept. A rollback undoes what it changed by itself.
   */
  migrate?(fromVersion: string, ctx: Migration<ConfigOf<Schema>, Shared>): void | Promise<void>;
  /** A client has connected: `reply` greets it, `close` refuses it. */
  onConnect?(ctx: Context<ConfigOf<Schema>, Shared>): HookResult;
  /** A frame from the client towards the backend. */
  onRequest?(frame: GuestFrame, ctx: Context<ConfigOf<Schema>, Shared>): HookResult;
  /** A frame from the backend towards the client. */
  onResponse?(frame: GuestFrame, ctx: Context<ConfigOf<Schema>, Shared>): HookResult;
  /** The connection has gone. The verdict is ignored; state writes count. */
  onDisconnect?(ctx: Context<ConfigOf<Schema>, Shared>): HookResult;
}

type AnyHook = (...parameters: never[]) => HookResult;

/** What `definePlugin` returns; export it as `plugin`. */
export class DefinedPlugin {
  readonly manifest: PluginManifest;
  readonly hooks: ReadonlyMap<Hook, AnyHook>;
  readonly setup: ((config: never) => unknown) | undefined;
  readonly guard: ((config: never, shared: never) => Guards) | undefined;
  readonly migrate: ((fromVersion: string, ctx: Migration<never, unknown>) => void | Promise<void>) | undefined;

  constructor(
    manifest: PluginManifest,
    hooks: ReadonlyMap<Hook, AnyHook>,
    { setup, guard, migrate }: Pick<DefinedPlugin, 'setup' | 'guard' | 'migrate'>,
  ) {
    this.manifest = manifest;
    this.hooks = hooks;
    this.setup = setup;
    this.guard = guard;
    this.migrate = migrate;
  }
}

const METHODS = {
  onConnect: 'on_connect',
  onRequest: 'on_request_message',
  onResponse: 'on_response_message',
  onDisconnect: 'on_disconnect',
} as const satisfies Record<string, Hook>;
const KEYS: readonly string[] = [
  'name',
  'version',
  'description',
  'config',
  'capabilities',
  'response',
  'setup',
  'guard',
  'migrate',
  ...Object.keys(METHODS),
];
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const VERSION = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;

/**
 * Declares a plugin. `export const plugin = definePlugin({ … })` and build it with `framegate build`.
 * Checked while building: a name, a version or a hook of the wrong shape is refused by name.
 */
export function definePlugin<const Schema extends ConfigSchema = { readonly type: 'object' }, Shared = undefined>(
  definition: PluginDefinition<Schema, Shared>,
): DefinedPlugin {
  const unknown = Object.keys(definition).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new TypeError(`definePlugin: unknown key ${unknown.map(quote).join(', ')}; known are ${KEYS.join(', ')}`);
  const { name, version, description, config, capabilities, response = 'per-recipient', setup, guard, migrate } = definition;
  if (typeof name !== 'string' || !NAME.test(name))
    throw new TypeError(`definePlugin: name is ${quote(name)}; it needs 1–64 of a-z, 0-9 and -, not starting with -`);
  if (typeof version !== 'string' || !VERSION.test(version))
    throw new TypeError(`definePlugin: version is ${quote(version)}; it needs a semantic version such as "1.0.0"`);
  if (response !== 'per-recipient' && response !== 'per-message')
    throw new TypeError(`definePlugin: response is ${quote(response)}; it is "per-recipient" or "per-message"`);
  if (config !== undefined && (typeof config !== 'object' || config === null || (config as JsonObject).type !== 'object')) {
    throw new TypeError('definePlugin: config is a JSON Schema of an object: { type: "object", properties: { … } }');
  }
  if (setup !== undefined && typeof setup !== 'function')
    throw new TypeError(`definePlugin: setup is ${describeType(setup)}, not a function`);
  if (guard !== undefined && typeof guard !== 'function')
    throw new TypeError(`definePlugin: guard is ${describeType(guard)}, not a function`);
  if (migrate !== undefined && typeof migrate !== 'function')
    throw new TypeError(`definePlugin: migrate is ${describeType(migrate)}, not a function`);
  const hooks = readHooks(definition);
  const manifest: PluginManifest = {
    abi: ABI_VERSION,
    name,
    version,
    ...(description === undefined ? {} : { description }),
    hooks: [...hooks.keys()],
    ...(config === undefined ? {} : { config: config as unknown as JsonObject }),
    capabilities: {
      state: readScopes(capabilities?.state ?? ['plugin']),
      http: readHosts(capabilities?.http ?? [], 'http'),
      ...(capabilities?.httpOptional && { httpOptional: readHosts(capabilities.httpOptional, 'httpOptional') }),
    },
    response,
  };
  return new DefinedPlugin(manifest, hooks, { setup, guard, migrate: migrate?.bind(definition) } as Pick<
    DefinedPlugin,
    'setup' | 'guard' | 'migrate'
  >);
}

function readHooks(definition: object): ReadonlyMap<Hook, AnyHook> {
  const hooks = new Map<Hook, AnyHook>();
  for (const [method, hook] of Object.entries(METHODS)) {
    const value = (definition as Record<string, unknown>)[method];
    if (value === undefined) continue;
    if (typeof value !== 'function') throw new TypeError(`definePlugin: ${method} is ${describeType(value)}, not a function`);
    hooks.set(hook, value.bind(definition) as AnyHook);
  }
  if (!hooks.has('on_request_message') && !hooks.has('on_response_message')) {
    throw new TypeError('definePlugin: neither onRequest nor onResponse is there; a plugin needs at least one of them');
  }
  return hooks;
}

function readScopes(scopes: readonly StateScope[]): readonly StateScope[] {
  for (const scope of scopes) {
    if (!STATE_SCOPES.includes(scope))
      throw new TypeError(`definePlugin: capabilities.state has ${quote(scope)}; scopes are ${STATE_SCOPES.join(', ')}`);
  }
  return [...new Set(scopes)];
}

function readHosts(hosts: readonly string[], member: 'http' | 'httpOptional'): readonly string[] {
  for (const host of hosts) {
    if (typeof host !== 'string' || !parseHttpHost(host))
      throw new TypeError(`definePlugin: capabilities.${member} has ${quote(host)}; a host is ${HTTP_HOST_FORM}`);
  }
  return [...new Set(hosts)];
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
