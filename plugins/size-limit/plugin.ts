import { definePlugin, type Frame, type HookGuard, notice, reject, TEXT_FIELD_PROPERTIES, textOf } from '@framegate/sdk';
import { exceeds, UNITS, type Unit } from './size.js';

/** RFC 6455 §7.4.1: the message is too big to process. */
const MESSAGE_TOO_BIG = 1009;

export const plugin = definePlugin({
  name: 'size-limit',
  version: '0.1.0',
  description: 'Refuses messages and frames above a size.',
  config: {
    type: 'object',
    properties: {
      max: { type: 'integer', minimum: 0, default: 140, description: 'The most that a client may write in one message, in `unit`s.' },
      responseMax: {
        type: 'integer',
        minimum: 0,
        default: 4096,
        description: 'The most that the backend may send in one message, in `unit`s.',
      },
      unit: {
        enum: UNITS,
        default: 'characters',
        description:
          'What is counted in text: characters (UTF-16 units, as String.length), codepoints, bytes (UTF-8) or graphemes (what a reader takes for one). Binary frames are counted in bytes.',
      },
      measure: {
        enum: ['field', 'payload'],
        default: 'field',
        description: "field: the message's text; binary and control frames only meet `maxPayload`. payload: the whole of every frame.",
      },
      maxPayload: {
        type: 'integer',
        minimum: 0,
        default: 262144,
        description: 'Bytes of a whole frame of any kind, in both directions.',
      },
      notice: {
        type: 'string',
        default: 'content is too long: the limit is {max} {unit}',
        description: 'What the moderator tells the sender; {max} and {unit} are filled in. Empty: nothing.',
      },
      ...TEXT_FIELD_PROPERTIES,
    },
    additionalProperties: false,
  },
  capabilities: { state: [] },
  response: 'per-message',
  setup: ({ notice, max, unit, maxPayload }) => ({
    message: fill(notice, max, unit),
    payload: fill(notice, maxPayload, 'bytes'),
    bytes: fill(notice, max, 'bytes'),
  }),

  guard: (config) => ({ request: guardOf(config, config.max), response: guardOf(config, config.responseMax) }),

  onRequest(frame, ctx) {
    const limit = exceeded(frame, ctx.config, ctx.config.max);
    if (limit === undefined) return;
    const verdict = reject(MESSAGE_TOO_BIG, 'limit exceeded');
    const content = ctx.shared[limit];
    return content === '' ? verdict : verdict.reply(notice(content, payloadOf(frame)));
  },

  onResponse(frame, ctx) {
    return exceeded(frame, ctx.config, ctx.config.responseMax) === undefined
      ? undefined
      : reject(MESSAGE_TOO_BIG, 'upstream payload limit exceeded');
  },
});

/** What the sender is told; empty: nothing. */
function fill(template: string, max: number, unit: Unit): string {
  return template.replaceAll('{max}', String(max)).replaceAll('{unit}', unit);
}

/** Above this nobody looks for the message's id, and so its text need not be decoded. */
const MAX_DECODED = 262_144;

function payloadOf(frame: Frame): string | undefined {
  return frame.kind === 'binary' || frame.byteLength > MAX_DECODED ? undefined : frame.text;
}

interface Options {
  readonly unit: Unit;
  readonly measure: 'field' | 'payload';
  readonly maxPayload: number;
  readonly field: string;
  readonly raw: boolean;
}

/** What {@link exceeded} lets pass without having to count: no unit is smaller than a byte, and a text is never longer than its payload. */
function guardOf({ measure, maxPayload, field, raw }: Options, max: number): HookGuard {
  const limits = { maxBytes: maxPayload, smallBytes: Math.min(max, maxPayload) };
  return measure === 'payload' ? limits : { ...limits, binary: true, text: { field, raw, maxBytes: max } };
}

/** What is above its limit, if anything is: the whole `payload`, a binary frame's `bytes` or the `message`. */
function exceeded(frame: Frame, options: Options, max: number): 'payload' | 'bytes' | 'message' | undefined {
  const size = frame.byteLength;
  if (size > options.maxPayload) return 'payload';
  // No unit is smaller than a byte, and the text is never longer than the payload it stands in: a short frame isn't even read.
  if (size <= max) return undefined;
  const { measure } = options;
  if (frame.kind === 'binary') return measure === 'payload' ? 'bytes' : undefined;
  const text = measure === 'payload' ? frame.text : textOf(frame.text, options);
  return text !== undefined && exceeds(text, max, options.unit) ? 'message' : undefined;
}
