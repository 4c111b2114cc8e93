import { TEXT_FIELD_PROPERTIES } from '@framegate/sdk';
import type { BareLinks } from './links.js';

const TRICKS = ['shortener', 'address', 'userinfo', 'lookalike'] as const;

const HOSTS = { type: 'array', maxItems: 10_000, items: { type: 'string', minLength: 1, maxLength: 253 }, default: [] } as const;

export const CONFIG = {
  type: 'object',
  properties: {
    allow: {
      ...HOSTS,
      description: 'Hosts that may be linked to, with what lies below them. Of several entries that fit the longest counts.',
    },
    deny: { ...HOSTS, description: 'Hosts that may not, with what lies below them. Wins over the same host in `allow`.' },
    unlisted: {
      enum: ['pass', 'refuse'],
      default: 'pass',
      description: 'What becomes of links to hosts on neither list. refuse: only what `allow` has may be linked to.',
    },
    protect: { ...HOSTS, description: 'Hosts that others may not be mistaken for, beside those of `allow`: see `lookalike`.' },
    tricks: {
      type: 'array',
      items: { enum: TRICKS },
      uniqueItems: true,
      default: TRICKS,
      description:
        'What is refused on hosts that no list has. shortener: services that hide the target. address: IP addresses, in any spelling. userinfo: a name in front of the host, on any host. lookalike: hosts in letters that look like those of a protected host, and labels of Latin letters mixed with Cyrillic, Greek and the like.',
    },
    bare: {
      enum: ['known', 'any', 'ignore'],
      default: 'known',
      description: 'Which links without a scheme count: those under a known top-level domain, whatever has a dot in it, or none.',
    },
    check: {
      type: 'object',
      properties: {
        url: { type: 'string', pattern: '^https?://', description: 'Where hosts that nothing else decides are asked about, by POST.' },
        ttlMs: { type: 'integer', minimum: 1, default: 3_600_000, description: 'Milliseconds for which an answer is remembered.' },
        onFailure: {
          enum: ['pass', 'refuse'],
          default: 'pass',
          description: 'What becomes of a link when there is no answer, or one that makes no sense.',
        },
        retryMs: {
          type: 'integer',
          minimum: 0,
          default: 10_000,
          description: 'Milliseconds after a failure in which nobody asks again.',
        },
      },
      required: ['url'],
      additionalProperties: false,
      description:
        "A service of yours that knows bad hosts. Its host has to be granted in `http.hosts` of the plugin's entry. Default: none.",
    },
    maxLinks: { type: 'integer', minimum: 0, maximum: 100, default: 10, description: 'The most links in one message.' },
    maxLength: {
      type: 'integer',
      minimum: 1,
      maximum: 16_384,
      default: 8192,
      description: 'UTF-16 units that are looked at in one text. A longer one is treated as if it had a bad link in it.',
    },
    action: {
      enum: ['drop', 'mask', 'reject'],
      default: 'drop',
      description: "What becomes of a message with such a link. mask: the link is replaced. reject: the route's `rejectStrategy` decides.",
    },
    mask: { type: 'string', default: '[link removed]', maxLength: 100, description: 'What replaces a link when `action` is mask.' },
    notice: {
      type: 'string',
      default: 'content has a link that is not wanted here',
      description: 'What the moderator tells the sender of a message that goes no further. Empty: nothing.',
    },
    ...TEXT_FIELD_PROPERTIES,
  },
  additionalProperties: false,
} as const;

export interface CheckConfig {
  readonly url: string;
  readonly ttlMs: number;
  readonly onFailure: 'pass' | 'refuse';
  readonly retryMs: number;
}

export interface Config {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly unlisted: 'pass' | 'refuse';
  readonly protect: readonly string[];
  readonly tricks: readonly string[];
  readonly bare: BareLinks;
  readonly check?: CheckConfig;
  readonly maxLinks: number;
  readonly maxLength: number;
  readonly action: 'drop' | 'mask' | 'reject';
  readonly mask: string;
  readonly notice: string;
  readonly field: string;
  readonly raw: boolean;
}
