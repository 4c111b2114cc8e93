import { type Context, definePlugin, drop, notice, StateFullError, TEXT_FIELD_PROPERTIES, textsOf } from '@framegate/sdk';
import { fingerprint, WHOLE } from './fingerprint.js';
import { decodeSlot, encodeSlot, type Rule, rule } from './slot.js';

/** What a slot's key begins with; its number follows. */
const KEY = 'slot:';

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
  guard: ({ maxOccurrences, intervalMs: ttlMs, scope, minLength, maxTracked: slots, field, raw }) => ({
    request: {
      maxBytes: WHOLE,
      binary: true,
      ...(maxOccurrences > 1 && {
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
}

/** Counts one occurrence of the text, and says whether it is one too many. */
function isCaught(text: string, ctx: Context<Config, { isFullReported: boolean }>): boolean {
  const { config, shared } = ctx;
  const message = fingerprint(text, config.minLength);
  if (message === undefined) return false;
  const state = config.scope === 'room' ? ctx.state.room : ctx.state;
  const key = `${KEY}${message.low % config.maxTracked}`;
  const ruling = rule(decodeSlot(state.getBytes(key)), message, ctx.now(), config);
  if (ruling.slot !== undefined) {
    try {
      state.setBytes(key, encodeSlot(ruling.slot), { ttl: ruling.ttl });
    } catch (error) {
      if (!(error instanceof StateFullError)) throw error;
      if (!shared.isFullReported)
        ctx.log.warn('state is full: messages that are not tracked yet pass; raise limits.stateBytes or lower maxTracked');
      shared.isFullReported = true;
    }
  }
  return ruling.caught;
}
