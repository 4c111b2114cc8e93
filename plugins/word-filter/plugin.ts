import {
  type Context,
  close,
  definePlugin,
  drop,
  type Frame,
  notice,
  replace,
  rewriteText,
  TEXT_FIELD_PROPERTIES,
  textParts,
  type Verdict,
} from '@framegate/sdk';
import { DEFAULT_WORDS } from './default-words.js';
import { mask } from './mask.js';
import { WordMatcher } from './matcher.js';

/** RFC 6455 §7.4.1: the endpoint received a message that violates its policy. */
const POLICY_VIOLATION = 1008;

const config = {
  type: 'object',
  properties: {
    words: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 64 },
      default: DEFAULT_WORDS,
      description: 'Words and phrases that are not wanted, in any spelling.',
    },
    allow: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 64 },
      default: [],
      description: 'Words and phrases that are never touched, in this very spelling (case and width apart).',
    },
    plurals: {
      type: 'boolean',
      default: true,
      description: 'Whether a word of four letters or more is meant with an `s` or `es` at its end as well.',
    },
    action: {
      enum: ['drop', 'mask', 'close'],
      default: 'drop',
      description: 'What becomes of a message with such a word, or of its sender.',
    },
    mask: {
      type: 'string',
      pattern: '^[^"\\\\\\s]$',
      default: '*',
      description: 'The character that replaces each letter when `action` is mask.',
    },
    directions: {
      type: 'array',
      items: { enum: ['request', 'response'] },
      uniqueItems: true,
      default: ['request'],
      description: 'request: what clients write. response: what they are sent, history included.',
    },
    notice: {
      type: 'string',
      default: 'content has a word that is not wanted here',
      description: 'What the moderator tells the sender of a dropped message. Empty: nothing.',
    },
    maxLength: {
      type: 'integer',
      minimum: 1,
      default: 8192,
      description: 'UTF-16 units that are looked at in one text. A longer one is treated as if it had a word in it.',
    },
    ...TEXT_FIELD_PROPERTIES,
  },
  additionalProperties: false,
} as const;

interface Config {
  readonly words: readonly string[];
  readonly allow: readonly string[];
  readonly plurals: boolean;
  readonly action: 'drop' | 'mask' | 'close';
  readonly mask: string;
  readonly directions: readonly ('request' | 'response')[];
  readonly notice: string;
  readonly maxLength: number;
  readonly field: string;
  readonly raw: boolean;
}

interface Shared {
  readonly matcher: WordMatcher;
}

export const plugin = definePlugin({
  name: 'word-filter',
  version: '0.1.0',
  description: 'Drops or masks messages with unwanted words, however they are spelled.',
  config,
  capabilities: { state: [] },
  response: 'per-message',
  setup: ({ words, allow, plurals }): Shared => ({ matcher: new WordMatcher(words, allow, plurals) }),
  guard: ({ directions, maxLength, field, raw }, { matcher }) => {
    const guard = { maxBytes: maxLength, binary: true, text: { field, raw, words: matcher.words } };
    return {
      request: directions.includes('request') ? guard : { never: true },
      response: directions.includes('response') ? guard : { never: true },
    };
  },
  onRequest: (frame, ctx) => filter('request', frame, ctx),
  onResponse: (frame, ctx) => filter('response', frame, ctx),
});

function filter(direction: 'request' | 'response', frame: Frame, ctx: Context<Config, Shared>): Verdict | undefined {
  const { config } = ctx;
  if (frame.kind !== 'text' || !config.directions.includes(direction)) return undefined;
  const { matcher } = ctx.shared;
  const payload = frame.text;
  const words = new Set<string>();
  let isNested = false;
  for (const { text, nested } of textParts(payload, config)) {
    for (const word of text.length > config.maxLength ? [TOO_LONG] : matcher.find(text).map((match) => match.word)) {
      words.add(word);
      isNested ||= nested;
    }
  }
  if (words.size === 0) return undefined;
  const reason = [...words].join(', ').slice(0, 200);
  // An answer with a history is not dropped for one message in it.
  if (config.action === 'mask' || isNested) {
    return replace(rewriteText(payload, config, (text) => maskText(text, matcher, config))).note(`masked: ${reason}`);
  }
  if (direction === 'response') return drop(`dropped: ${reason}`);
  const verdict =
    config.action === 'close' ? close(POLICY_VIOLATION, 'unwanted word').note(`closed: ${reason}`) : drop(`dropped: ${reason}`);
  return config.notice === '' ? verdict : verdict.reply(notice(config.notice, payload));
}

const TOO_LONG = '(too long)';

function maskText(text: string, matcher: WordMatcher, config: Config): string {
  return text.length > config.maxLength ? config.mask : mask(text, matcher.find(text), config.mask);
}
