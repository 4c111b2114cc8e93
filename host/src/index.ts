export type { Admission, Backend, BackendPeer, BackendSession, UpgradeRequest } from './backend/backend.js';
export { CLOSE } from './close-codes.js';
export { DEFAULT_CONFIG_FILE, type LoadedConfig, loadConfig, parseConfig } from './config/config-file.js';
export { configJsonSchema, type HostConfig, type HostConfigInput } from './config/config-schema.js';
export { DEFAULT_HTTP_GRANT } from './config/http-schema.js';
export { validatePluginConfig } from './config/plugin-config.js';
export { DEFAULT_LIMITS } from './config/route-schema.js';
export type { PluginLimits, PluginSpec } from './engine/engine.js';
export { instantiatePlugin } from './engine/wasm/instantiate-plugin.js';
export type { CallCost } from './engine/wasm/wasm-plugin.js';
export { HOST_ERRORS, HostError, type HostErrorCode } from './errors.js';
export type { Direction, Frame, FrameKind } from './frame.js';
export { checkPorts, createHost, type Host, type HostOptions, type RouteSummary } from './host.js';
export type { Logger } from './logger.js';
export type { ConnectionContext } from './pipeline/connection-context.js';
export type { HttpExchange, HttpRequest, HttpResult } from './pipeline/http-exchange.js';
export { type HttpAsk, HttpJournal } from './pipeline/http-journal.js';
export type { Plugin } from './pipeline/plugin.js';
export { type RecordedStep, type Recording, readRecording } from './recording/read-recording.js';
export type { RecordOptions } from './recording/record-options.js';
export { ReplayedState } from './recording/recorded-state.js';
export {
  entryWrite,
  frameOf,
  type RecordedAnswer,
  type RecordedOutcome,
  type RecordingHeader,
  recordOutcome,
} from './recording/recording-format.js';
export { ReplayedHttp } from './recording/replayed-http.js';
export { SeededSource } from './recording/seeded-source.js';
export { MigrationState } from './state/migration-state.js';
export { StateMemoryStore } from './state/state-memory.js';
export { StateTransaction } from './state/state-transaction.js';
export type { Telemetry } from './telemetry/open-tracer.js';
export type { Span, SpanAttributes, SpanStart, TraceHeaders, Tracer } from './telemetry/tracer.js';
export type { Answer, Close, Fault, FaultCode, Verdict } from './verdict.js';
