import { type Context, definePlugin, drop, notice, type State, StateFullError, TEXT_FIELD_PROPERTIES, textsOf } from '@framegate/sdk';
import { type Fingerprint, fingerprint, WHOLE } from './fingerprint.js';
import { NearTable, nearHash } from './near-table.js';
import { decodeSlot, encodeSlot, type Rule, type Ruling, rule } from './slot.js';

/** What a slot's key begins with; its number follows. */
const KEY = 'slot:';
/** The table of near duplicates; its slots' keys begin with it too. */
const NEAR = 'near';

const config = {
  type: 'object',
  properties: {
    maxOccurrences: { type: 'integer', minimum: 1, maximum: 100, default: 3, description: 'The occurrence that is too many.' },
    intervalMs: { type: 'integer', minimum: 1, default: 5000, description: 'Milliseconds in which occurrences add up.' },
    prisonMs: { type: 'integer', minimum: 1, default: 10000, description: 'Milliseconds for which the message may not be written again.' },
    scope: { enum: ['room', 'global'], default: 'room', description: 'Whether each room counts for itself or all of them together.' },
    minLength: { type: 'integer', minimum: 1, default: 1, description: 'Messages with fewer characters are never copy pasta.' },
    maxTracked: {
      type: 'integer',
      minimum: 1,
      maximum: 1048576,
      default: 4096,
      description:
        'Messages remembered at once, per room or in all. Beyond it newer ones push out older ones. About 50 bytes of state each.',
    },
    notice: {
      type: 'string',
      default: 'content has been detected as copy pasta',
      description: 'What the moderator tells the sender. Empty: nothing.',
    },
    nearDuplicates: {
      type: 'boolean',
      default: false,
      description: 'Whether a message that was changed a little counts as the same. Every message then reaches the plugin.',
    },
    nearDistance: {
      type: 'integer',
      minimum: 0,
      maximum: 20,
      default: 14,
      description: 'Bits, of 64, in which the hashes of two messages may differ that count as the same. 14 forgives a few letters.',
    },
    nearMinLength: {
      type: 'integer',
      minimum: 20,
      default: 60,
      description: 'Messages with fewer letters and digits are compared exactly only: a changed letter makes too much of them.',
    },
    nearTracked: {
      type: 'integer',
      minimum: 1,
      maximum: 256,
      default: 64,
      description:
        'Long messages that a new one is compared with, per room or in all. About 70 bytes of state each, and a microsecond of work.',
    },
    ...TEXT_FIELD_PROPERTIES,
  },
  additionalProperties: false,
} as const;

export const plugin = definePlugin({
  name: 'copypasta',
  version: '0.1.0',
  description: 'Stops messages that are written over and over again.',
  config,
  capabilities: { state: ['plugin', 'room'] },
  setup: () => ({ isFullReported: false }),
  // What is written for the first time is entered by the host, just as `isCaught` does it: that is most of what people write.
  guard: ({ maxOccurrences, intervalMs: ttlMs, scope, minLength, maxTracked: slots, nearDuplicates, field, raw }) => ({
    request: {
      maxBytes: WHOLE,
      binary: true,
      // It knows equal texts only: where near ones count, every message is the guest's to judge.
      ...(maxOccurrences > 1 &&
        !nearDuplicates && {
          text: { field, raw, firstSight: { scope: scope === 'room' ? 'room' : 'plugin', key: KEY, slots, ttlMs, minLength } },
        }),
    },
  }),

  onRequest(frame, ctx) {
    if (frame.kind !== 'text') return;
    const { config } = ctx;
    const texts = textsOf(frame.text, config);
    const [first] = texts;
    if (first === undefined) return;
    // A member that is written several times is read as the first or as the last of them: both count.
    const last = texts.length === 1 ? undefined : texts.at(-1);
    const isFirstCaught = isCaught(first, ctx);
    const isLastCaught = last !== undefined && last !== first && isCaught(last, ctx);
    if (!isFirstCaught && !isLastCaught) return;
    const verdict = drop('copy pasta');
    return config.notice === '' ? verdict : verdict.reply(notice(config.notice, frame.text));
  },
});

interface Config extends Rule {
  readonly scope: 'room' | 'global';
  readonly minLength: number;
  readonly maxTracked: number;
  readonly nearDuplicates: boolean;
  readonly nearDistance: number;
  readonly nearMinLength: number;
  readonly nearTracked: number;
}

type CopypastaContext = Context<Config, { isFullReported: boolean }>;

/** Counts one occurrence of the text, and says whether it is one too many. */
function isCaught(text: string, ctx: CopypastaContext): boolean {
  const { config } = ctx;
  const message = fingerprint(text, config.minLength);
  if (message === undefined) return false;
  const key = `${KEY}${message.low % config.maxTracked}`;
  const isExact = count(key, message, ctx).caught;
  return config.nearDuplicates ? isNearCaught(text, ctx) || isExact : isExact;
}

/** Counts the text for the messages that are near to it. One that is caught as an exact copy counts here as well. */
function isNearCaught(text: string, ctx: CopypastaContext): boolean {
  const { config } = ctx;
  const hash = nearHash(text, config.nearMinLength);
  if (hash === undefined) return false;
  const table = new NearTable(memoryOf(ctx).getBytes(NEAR), config.nearTracked);
  const found = table.find(hash, config.nearDistance, ctx.now());
  if (found === undefined) return false;
  const { caught, slot } = count(`${NEAR}:${found.place}`, found.key, ctx);
  if (slot !== undefined && slot.releasedAt > 0) table.keep(found.place, slot.releasedAt);
  store(NEAR, table.bytes, Math.max(config.intervalMs, config.prisonMs), ctx);
  return caught;
}

function memoryOf(ctx: CopypastaContext): State {
  return ctx.config.scope === 'room' ? ctx.state.room : ctx.state;
}

function count(key: string, message: Fingerprint, ctx: CopypastaContext): Ruling {
  const ruling = rule(decodeSlot(memoryOf(ctx).getBytes(key)), message, ctx.now(), ctx.config);
  if (ruling.slot !== undefined) store(key, encodeSlot(ruling.slot), ruling.ttl, ctx);
  return ruling;
}

/** Without room for more, what is not tracked yet passes. */
function store(key: string, value: Uint8Array, ttl: number, ctx: CopypastaContext): void {
  try {
    memoryOf(ctx).setBytes(key, value, { ttl });
  } catch (error) {
    if (!(error instanceof StateFullError)) throw error;
    if (!ctx.shared.isFullReported)
      ctx.log.warn('state is full: messages that are not tracked yet pass; raise limits.stateBytes or lower maxTracked');
    ctx.shared.isFullReported = true;
  }
}
