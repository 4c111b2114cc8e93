import { type Context, definePlugin, type Frame, type HookGuard, notice, reject, type Verdict } from '@framegate/sdk';
import { isWellFormedJson } from './well-formed.js';

/** RFC 6455 §7.4.1: the endpoint has received a type of data that it cannot accept. */
const UNACCEPTABLE = 1003;
/** RFC 6455 §7.4.1: data that was not consistent with the type of the message. */
const INCONSISTENT = 1007;

const FORMATS = ['all', 'text', 'binary', 'json'] as const;

const config = {
  type: 'object',
  properties: {
    allowed: {
      enum: FORMATS,
      default: 'all',
      description:
        'What clients may send. text and binary: frames of that kind. json: text frames that are one JSON value (RFC 8259). all: anything.',
    },
    responseAllowed: { enum: FORMATS, default: 'all', description: 'What the backend may send, in the same terms.' },
    notice: {
      type: 'string',
      default: '',
      description: 'What the moderator tells the sender of a refused frame; {reason} is filled in. Empty: nothing.',
    },
  },
  additionalProperties: false,
} as const;

type Format = (typeof FORMATS)[number];

export const plugin = definePlugin({
  name: 'frame-type',
  version: '0.1.0',
  description: 'Refuses frames of another type than text, binary or JSON.',
  config,
  capabilities: { state: [] },
  response: 'per-message',
  guard: ({ allowed, responseAllowed }) => ({ request: guardOf(allowed), response: guardOf(responseAllowed) }),

  onRequest(frame, ctx) {
    const verdict = judge(frame, ctx.config.allowed, ctx);
    const template = ctx.config.notice;
    return verdict === undefined || template === '' ? verdict : verdict.reply(notice(fill(template, verdict), undefined));
  },

  onResponse: (frame, ctx) => judge(frame, ctx.config.responseAllowed, ctx),
});

/** Frames that can only pass; there is none for text and JSON, which have to be looked at as text. */
function guardOf(format: Format): HookGuard {
  return { never: format === 'all', binary: format === 'binary' };
}

function judge(frame: Frame, format: Format, ctx: Context<unknown, undefined>): Verdict | undefined {
  if (format === 'all') return undefined;
  if (format !== 'json') return frame.kind === format ? undefined : reject(UNACCEPTABLE, `expected ${format} content`);
  const value = frame.kind === 'text' ? frame.json() : undefined;
  if (value === undefined) return reject(UNACCEPTABLE, 'expected json content');
  if (isWellFormedJson(frame.text, value)) return undefined;
  ctx.log.debug('refused JSON with an escaped half of a surrogate pair: it has no form in UTF-8');
  return reject(INCONSISTENT, 'non-UTF-8 data within content');
}

function fill(template: string, verdict: Verdict): string {
  return template.replaceAll('{reason}', verdict.reason ?? '');
}
