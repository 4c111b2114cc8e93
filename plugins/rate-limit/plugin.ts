import {
  type Context,
  close,
  definePlugin,
  drop,
  type Frame,
  notice,
  reject,
  StateFullError,
  strictJson,
  type Verdict,
} from '@framegate/sdk';
import { CONFIG, checkCloseCode, limitsOf, type NamedLimit } from './config.js';
import { rule } from './limit.js';
import { memoryOf, type Subject } from './subject.js';

interface Config {
  readonly exemptTypes: readonly string[];
  readonly action: 'drop' | 'reject' | 'close';
  readonly closeAfter: number;
  readonly violationMs: number;
  readonly banMs: number;
  readonly banBy: Subject;
  readonly closeCode: number;
  readonly closeReason: string;
  readonly notice: string;
}

interface Shared {
  readonly limits: readonly NamedLimit[];
  readonly exempt: ReadonlySet<string>;
  isFullReported: boolean;
}

type Ctx = Context<Config, Shared>;

export const plugin = definePlugin({
  name: 'rate-limit',
  version: '0.1.0',
  description: 'Limits how many frames a connection, user, room or address may send.',
  config: CONFIG,
  capabilities: { state: ['plugin', 'room', 'user', 'connection'] },
  setup: (config): Shared => {
    checkCloseCode(config.closeCode);
    return { limits: limitsOf(config), exempt: new Set(config.exemptTypes), isFullReported: false };
  },

  onConnect: (ctx) => (isBanned(ctx) ? end(ctx).note('banned') : undefined),

  onRequest(frame, ctx) {
    if (isBanned(ctx)) return end(ctx).note('banned');
    if (isExempt(frame, ctx.shared.exempt)) return undefined;
    const retryMs = charge(ctx);
    return retryMs === 0 ? undefined : punish(frame, retryMs, ctx);
  },
});

/** Above this many bytes nobody reads a frame for its type. */
const MAX_READ = 65_536;

/** A frame whose type is written twice is one of every type, and so of one that counts. */
function isExempt(frame: Frame, exempt: ReadonlySet<string>): boolean {
  if (exempt.size === 0 || frame.kind === 'binary' || frame.byteLength > MAX_READ) return false;
  const json = strictJson(frame.text);
  if (json.kind !== 'value' || typeof json.value !== 'object' || json.value === null || Array.isArray(json.value)) return false;
  const { type } = json.value;
  return typeof type === 'string' && exempt.has(type);
}

/** Counts one frame against all limits, or, if one of them is exceeded, against none. Milliseconds until a frame would pass; 0: this one does. */
function charge(ctx: Ctx): number {
  const now = ctx.now();
  let retryMs = 0;
  const writes: (() => void)[] = [];
  for (const { limit, by, key } of ctx.shared.limits) {
    const { state, prefix } = memoryOf(by, ctx);
    const ruling = rule(limit, state.get(prefix + key), now);
    if (ruling.kind === 'exceeded') retryMs = Math.max(retryMs, ruling.retryMs);
    else writes.push(() => state.set(prefix + key, ruling.stored, { ttl: ruling.ttl }));
  }
  if (retryMs === 0) for (const write of writes) remember(ctx, write);
  return retryMs;
}

/** What becomes of a frame above a limit, and of its sender. */
function punish(frame: Frame, retryMs: number, ctx: Ctx): Verdict {
  const { config } = ctx;
  const verdict = isTooMuch(ctx) ? end(ctx) : config.action === 'reject' ? reject(config.closeCode, config.closeReason) : drop();
  const told = config.notice.replaceAll('{seconds}', String(Math.ceil(retryMs / 1000))).replaceAll('{ms}', String(retryMs));
  const noted = verdict.note(`above a limit for ${retryMs} ms`);
  return told === '' ? noted : noted.reply(notice(told, frame.kind === 'text' ? frame.text : undefined));
}

/** Counts one violation. Whether the connection has to end; whoever is to stay out then is remembered. */
function isTooMuch(ctx: Ctx): boolean {
  const { action, closeAfter, violationMs, banMs, banBy } = ctx.config;
  let violations = 0;
  if (closeAfter > 0) {
    remember(ctx, () => {
      violations = ctx.state.connection.add('violations', 1, { ttl: violationMs });
    });
  }
  if (action !== 'close' && (closeAfter === 0 || violations < closeAfter)) return false;
  if (banMs > 0) {
    const { state, prefix } = memoryOf(banBy, ctx);
    remember(ctx, () => state.set(`${prefix}banned`, true, { ttl: banMs }));
  }
  return true;
}

function isBanned(ctx: Ctx): boolean {
  if (ctx.config.banMs === 0) return false;
  const { state, prefix } = memoryOf(ctx.config.banBy, ctx);
  return state.ttl(`${prefix}banned`) !== undefined;
}

function end({ config }: Ctx): Verdict {
  return close(config.closeCode, config.closeReason);
}

/** A frame that can't be counted passes: whoever fills the memory must not silence the others. */
function remember(ctx: Ctx, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof StateFullError)) throw error;
    if (!ctx.shared.isFullReported)
      ctx.log.warn('state is full: frames of senders that are not known yet are not counted; raise limits.stateBytes');
    ctx.shared.isFullReported = true;
  }
}
