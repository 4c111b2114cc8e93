import type { Limit } from './limit.js';
import { SUBJECTS, type Subject } from './subject.js';

const BY = {
  enum: SUBJECTS,
  default: 'connection',
  description:
    'Who shares the limit: each connection has its own, or each user (a connection without one is a user of its own), room or remote address; or everybody has one together.',
} as const;

export const CONFIG = {
  type: 'object',
  properties: {
    windows: {
      type: 'array',
      maxItems: 8,
      default: [],
      items: {
        type: 'object',
        properties: {
          max: {
            type: 'integer',
            minimum: 1,
            maximum: 1000,
            description: 'Frames in any window of that length. Each takes 14 bytes of state.',
          },
          windowMs: { type: 'integer', minimum: 1, maximum: 86_400_000, description: 'Milliseconds.' },
          by: BY,
        },
        required: ['max', 'windowMs'],
        additionalProperties: false,
      },
      description: 'Sliding windows: a frame passes if fewer than `max` did in the `windowMs` before it.',
    },
    buckets: {
      type: 'array',
      maxItems: 8,
      default: [],
      items: {
        type: 'object',
        properties: {
          capacity: {
            type: 'integer',
            minimum: 1,
            maximum: 10_000,
            description: 'Tokens in a full bucket: how many frames may come at once.',
          },
          refill: { type: 'integer', minimum: 1, maximum: 1000, default: 1, description: 'Tokens that come back evenly in each interval.' },
          intervalMs: { type: 'integer', minimum: 1, maximum: 86_400_000, description: 'Milliseconds.' },
          by: BY,
        },
        required: ['capacity', 'intervalMs'],
        additionalProperties: false,
      },
      description: 'Token buckets, full at first: a frame takes a token or does not pass.',
    },
    exemptTypes: {
      type: 'array',
      items: { type: 'string' },
      uniqueItems: true,
      default: [],
      description: 'A text frame that is a JSON object with one of these as its `type` is not counted and always passes. Up to 64 KiB.',
    },
    action: {
      enum: ['drop', 'reject', 'close'],
      default: 'drop',
      description:
        "What becomes of a frame above a limit. drop: it goes no further. reject: the route's `rejectStrategy` decides. close: the connection ends.",
    },
    closeAfter: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Frames above a limit within `violationMs` of the first that end the connection, whatever the action is. 0: never.',
    },
    violationMs: { type: 'integer', minimum: 1, default: 60_000, description: 'Milliseconds after which such frames are forgiven.' },
    banMs: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description:
        'Milliseconds for which whoever was closed that way stays out: new connections and frames of theirs are closed too. 0: not at all.',
    },
    banBy: {
      enum: ['user', 'address'],
      default: 'user',
      description: 'Whether the user stays out, or everybody with the same remote address.',
    },
    closeCode: {
      type: 'integer',
      default: 1008,
      description: 'With which connections end and frames are rejected: 1008, 1013, or 3000–4999.',
    },
    closeReason: { type: 'string', maxLength: 40, default: 'rate limit exceeded', description: 'The reason beside the code.' },
    notice: {
      type: 'string',
      default: 'too many messages: wait {seconds} s',
      description:
        'What the moderator tells the sender of a frame above a limit; {seconds} and {ms} until the next one are filled in. Empty: nothing.',
    },
  },
  additionalProperties: false,
} as const;

interface LimitsConfig {
  readonly windows: readonly { readonly max: number; readonly windowMs: number; readonly by: Subject }[];
  readonly buckets: readonly {
    readonly capacity: number;
    readonly refill: number;
    readonly intervalMs: number;
    readonly by: Subject;
  }[];
}

/** Throws TypeError for a code that the endpoint of a connection may not send here. */
export function checkCloseCode(code: number): void {
  if (code === 1008 || code === 1013 || (code >= 3000 && code <= 4999)) return;
  throw new TypeError(`config.closeCode is ${code}; it is 1008, 1013 or one of 3000 to 4999`);
}

/** A limit, whose it is, and under which key it is remembered: another one if it is configured anew. */
export interface NamedLimit {
  readonly limit: Limit;
  readonly by: Subject;
  readonly key: string;
}

/** Throws TypeError if there is none. */
export function limitsOf({ windows, buckets }: LimitsConfig): readonly NamedLimit[] {
  const limits: NamedLimit[] = [
    ...windows.map(({ max, windowMs, by }) => ({
      limit: { kind: 'window', max, windowMs } as const,
      by,
      key: `window:${max}/${windowMs}`,
    })),
    ...buckets.map(({ capacity, refill, intervalMs, by }) => ({
      limit: { kind: 'bucket', capacity, refill, intervalMs } as const,
      by,
      key: `bucket:${capacity}+${refill}/${intervalMs}`,
    })),
  ];
  if (limits.length === 0) throw new TypeError('config has no limit: give `windows` or `buckets` at least one');
  const twin = limits.find(({ key, by }, index) => limits.findIndex((other) => other.key === key && other.by === by) !== index);
  if (twin !== undefined) throw new TypeError(`config has the limit ${twin.key} by ${twin.by} twice`);
  return limits;
}
