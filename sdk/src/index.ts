export type { Connection } from './abi/connection.js';
export type { FirstSight, HookGuard, TextGuard } from './abi/guard.js';
export type { JsonObject, JsonValue, StateScope } from './abi/manifest.js';
export type { Context, Log } from './guest/context.js';
export { type DefinedPlugin, definePlugin, type Guards, type HookResult, type PluginDefinition } from './guest/define-plugin.js';
export { fingerprint64 } from './guest/fingerprint.js';
export type { GuestFrame as Frame } from './guest/frame.js';
export { countGraphemes, graphemes } from './guest/graphemes.js';
export { BLANKS, INVISIBLE, stripInvisible } from './guest/invisible.js';
export type { Migration, MigrationEntry } from './guest/migration.js';
export { notice } from './guest/notice.js';
export { type PluginState, type State, StateFullError, type StateOptions } from './guest/state.js';
export { type StrictJson, strictJson } from './guest/strict-json.js';
export {
  rewriteText,
  TEXT_FIELD_PROPERTIES,
  type TextFieldOptions,
  type TextPart,
  textOf,
  textParts,
  textsOf,
} from './guest/text-field.js';
export { close, drop, type Payload, pass, reject, replace, reply, type Verdict } from './guest/verdict.js';
