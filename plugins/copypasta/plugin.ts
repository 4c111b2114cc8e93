import { definePlugin, drop, StateFullError, TEXT_FIELD_PROPERTIES, textOf } from '@framegate/sdk';
import { fingerprint } from './fingerprint.js';
import { decodeSlot, encodeSlot, rule, type StoredSlot } from './slot.js';

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
        'Messages remembered at once, per room or in all. Beyond it newer ones push out older ones. About 100 bytes of state each.',
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
  setup: ({ notice }) => ({
    isFullReported: false,
    notice: notice === '' ? undefined : JSON.stringify({ name: 'moderator', content: notice }),
  }),

  onRequest(frame, ctx) {
    if (frame.kind !== 'text') return;
    const { config, shared } = ctx;
    const text = textOf(frame.text, config);
    const message = text === undefined ? undefined : fingerprint(text, config.minLength);
    if (message === undefined) return;
    const state = config.scope === 'room' ? ctx.state.room : ctx.state;
    const key = `slot:${message.number % config.maxTracked}`;
    const ruling = rule(decodeSlot(state.get<StoredSlot>(key)), message.key, ctx.now(), config);
    if (ruling.slot !== undefined) {
      try {
        state.set(key, encodeSlot(ruling.slot), { ttl: ruling.ttl });
      } catch (error) {
        if (!(error instanceof StateFullError)) throw error;
        if (!shared.isFullReported)
          ctx.log.warn('state is full: messages that are not tracked yet pass; raise limits.stateBytes or lower maxTracked');
        shared.isFullReported = true;
      }
    }
    if (!ruling.caught) return;
    const verdict = drop('copy pasta');
    return shared.notice === undefined ? verdict : verdict.reply(shared.notice);
  },
});
