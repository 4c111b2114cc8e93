import { GUEST_EXPORTS, KIND, OP } from '../abi/abi-v1.js';
import type { PluginGuards } from '../abi/guard.js';
import type { Hook } from '../abi/manifest.js';
import { Context } from './context.js';
import type { DefinedPlugin, HookResult } from './define-plugin.js';
import { describeType } from './describe-type.js';
import { GuestFrame } from './frame.js';
import { Migration } from './migration.js';
import type { Native } from './native.js';
import { PluginState } from './state.js';
import { type Payload, Verdict } from './verdict.js';

/** Whether the source names `migrate` at all: if not, the bundle has nothing of it. */
declare const FRAMEGATE_MIGRATES: boolean;

/** The exports of a module built from `definePlugin`: each calls one hook and emits its verdict. 0 = done; an exception is the glue's to report. */
export function hookRunners(plugin: DefinedPlugin, native: Native): Record<string, () => number | Promise<number>> {
  const keeps = plugin.manifest.capabilities.state.length > 0;
  const context = new Context<never, unknown>(native, keeps ? new PluginState(native) : undefined, plugin.setup);
  const runners: Record<string, () => number | Promise<number>> = {};
  if (plugin.setup !== undefined) {
    runners[GUEST_EXPORTS.setup] = () => {
      context.prepare();
      return 0;
    };
  }
  const { guard } = plugin;
  if (guard !== undefined) {
    runners[GUEST_EXPORTS.guard] = () => {
      const { request, response } = guard(context.config, context.shared as never);
      const guards: PluginGuards = {
        ...(request && { on_request_message: request }),
        ...(response && { on_response_message: response }),
      };
      native.emit(OP.guard, 0, JSON.stringify(guards));
      return 0;
    };
  }
  const { migrate } = plugin;
  if (FRAMEGATE_MIGRATES && migrate !== undefined) {
    const migration = new Migration(native, context);
    runners[GUEST_EXPORTS.migrate] = () => {
      const done = migrate(new GuestFrame(native).text, migration);
      return done instanceof Promise ? done.then(() => 0) : 0;
    };
  }
  for (const [name, hook] of plugin.hooks) {
    const call = hook as (...parameters: unknown[]) => HookResult;
    const finish = (result: unknown): number => emit(native, name, result);
    const withFrame = name === 'on_request_message' || name === 'on_response_message';
    runners[name] = () => {
      const result = withFrame ? call(new GuestFrame(native), context) : call(context);
      return result instanceof Promise ? result.then(finish) : finish(result);
    };
  }
  return runners;
}

function emit(native: Native, hook: Hook, verdict: unknown): number {
  if (verdict === undefined) return 0;
  if (!(verdict instanceof Verdict)) {
    throw new TypeError(
      `${hook} returned ${describeType(verdict)}; return a verdict (pass, drop, reject, replace, reply, close) or nothing`,
    );
  }
  const { frames, replies, ending, reason } = verdict;
  if (frames !== undefined) {
    if (frames.length > 0) for (const frame of frames) emitFrame(native, OP.forward, frame);
    else if (ending === undefined) native.emit(OP.drop, 0);
  }
  for (const frame of replies) emitFrame(native, OP.reply, frame);
  if (ending !== undefined) native.emit(ending.kind === 'close' ? OP.close : OP.reject, ending.code, ending.reason);
  if (reason !== undefined) native.emit(OP.note, 0, reason);
  return 0;
}

function emitFrame(native: Native, op: number, payload: Payload): void {
  if (typeof payload === 'string') native.emit(op, KIND.text, payload);
  else if (payload instanceof Uint8Array || payload instanceof ArrayBuffer) native.emit(op, KIND.binary, payload);
  else throw new TypeError(`a frame is a string (text) or a Uint8Array (binary), not ${describeType(payload)}`);
}
