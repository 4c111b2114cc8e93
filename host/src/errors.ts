/** One table: each error with its next step. A message says what, which and what was got; the hint says what to do. */
export const HOST_ERRORS = {
  ARGUMENT_INVALID: 'Correct the command line; `framegate-host --help` lists the options.',
  CONFIG_NOT_FOUND: 'Name an existing file with --config, or leave it out to run with the defaults.',
  CONFIG_INVALID: 'Fix the named keys; the schema is @framegate/host/config.schema.json.',
  CONFIG_NEEDS_RESTART: 'Restart the host to apply it, or restore these options to apply the rest; nothing was changed.',
  PORT_TAKEN: 'Stop the other program, or choose another port with --port or server.port.',
  LISTEN_FAILED: 'Check server.host and server.port: the address must be one of this machine, and ports below 1024 need rights.',
  PLUGIN_NOT_FOUND: 'Check the path in `use`; it is relative to the config file. Build it with `framegate build`.',
  PLUGIN_NOT_WASM: 'Point `use` at a compiled .wasm file; build one with `framegate build plugin.ts -o plugin.wasm`.',
  PLUGIN_INVALID: 'docs/abi.md says what a plugin has to export and may import; `framegate build` makes such a module.',
  PLUGIN_UNTRUSTED: 'Sign the file with a key of plugins.publicKeys, or pin its SHA-256 in the route.',
  PLUGIN_NOT_APPROVED: 'See what it asks for with `framegate plugin list`, and agree with `framegate plugin approve ROUTE PLUGIN`.',
  PLUGIN_NOT_ALLOWED: "Put the file beside the configuration or the plugin's own file, or name its folder in plugins.folders.",
  PLUGIN_TRIAL: 'One version at a time is tried on a route: `framegate plugin promote` or `framegate plugin abandon` ends a trial.',
  PLUGIN_NOT_KEPT: 'Make plugins.folder writable and see that its disk has room; until then a restart does not know this change.',
  BANS_NOT_KEPT: 'Make the folder of bans.file writable and see that its disk has room; until then a restart does not know this change.',
  PLUGIN_UNKNOWN: '`framegate plugin list` shows the routes with their plugins and versions.',
  PLUGIN_CONFIG_INVALID: "Fix the named keys; `framegate inspect` prints the plugin's config schema.",
  PLUGIN_NOT_GRANTED: 'Grant what the plugin asks for in its entry of the route, or leave the plugin out.',
  PLUGIN_START_FAILED:
    'Look at what the plugin does when it is loaded and set up, or set `enabled` to false to start without it. If it only needs more time or fuel, raise engine.startTimeoutMs or limits.fuel.',
  PLUGIN_REHEARSAL_FAILED:
    'Any client can send such a frame: correct the plugin so that it lets it pass, drops it or throws. If it only needs more, raise limits.fuel or limits.memoryBytes.',
  PLUGIN_MIGRATION_FAILED:
    'The state is as it was, and the version before goes on. Correct `migrate` (run it on such a state with the test harness), or forget the state with the admin API and load the version again.',
  RECORDING_FAILED: 'Name a file in a folder that exists and can be written to.',
  RECORDING_INVALID: 'Name a file that `framegate record` or a plugin’s `record` option has written.',
  TELEMETRY_NOT_INSTALLED:
    'Install it beside the host: npm install @opentelemetry/api@1.9 @opentelemetry/resources@2 @opentelemetry/sdk-trace-base@2 @opentelemetry/exporter-trace-otlp-http@0.223',
  ENGINE_CLOSED: 'The engine has been closed; nothing can be loaded any more.',
} as const;
/** A member of `HOST_ERRORS`: what went wrong, for programs. */
export type HostErrorCode = keyof typeof HOST_ERRORS;

export interface HostErrorOptions extends ErrorOptions {
  /** A next step that fits better than the one of the code. */
  readonly hint?: string;
}

/** Whatever the host refuses to do, for an operator or an author to read. Faults of a running guest are not errors but data (see verdict.ts). */
export class HostError extends Error {
  readonly code: HostErrorCode;
  readonly hint: string;

  constructor(code: HostErrorCode, message: string, { hint, ...options }: HostErrorOptions = {}) {
    super(message, options);
    this.name = 'HostError';
    this.code = code;
    this.hint = hint ?? HOST_ERRORS[code];
  }
}
