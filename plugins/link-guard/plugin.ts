import { type Context, definePlugin, drop, notice, reject, replace, rewriteText, textParts, type Verdict } from '@framegate/sdk';
import { ask, recall } from './check.js';
import { CONFIG, type Config } from './config.js';
import { Judge } from './judge.js';
import { findLinks, type Link } from './links.js';

/** RFC 6455 §7.4.1: the endpoint received a message that violates its policy. */
const POLICY_VIOLATION = 1008;
const MAX_NOTE = 200;

interface Shared {
  readonly judge: Judge;
}

export const plugin = definePlugin({
  name: 'link-guard',
  version: '0.1.0',
  description: 'Refuses messages with links to hosts that are not wanted, however they are disguised.',
  config: CONFIG,
  // Answers are remembered a room: state of scope plugin would keep a route in one thread.
  capabilities: { state: ['room'], httpOptional: ['*:*'] },
  setup: (config): Shared => ({ judge: new Judge(config) }),
  guard: ({ field, raw, maxLength }) => ({
    // No link is without a dot or a colon, or a bracket that stands for one.
    request: { maxBytes: maxLength, binary: true, text: { field, raw, without: '.:[({' } },
  }),

  onRequest(frame, ctx) {
    if (frame.kind !== 'text') return undefined;
    const { config } = ctx;
    const payload = frame.text;
    const reading = read(payload, ctx);
    const { check } = config;
    if (check === undefined || reading.unknown.length === 0) return judge(payload, reading, [], config);
    const { bad, asked } = recall(reading.unknown, check, ctx);
    if (asked.length === 0) return judge(payload, reading, bad, config);
    return ask(asked, check, ctx).then((found) => judge(payload, reading, [...bad, ...found], config));
  },
});

/** What a message's links come to. */
interface Reading {
  readonly reasons: readonly string[];
  readonly unknown: readonly string[];
  /** The links of each text, undefined: it has more than are looked at, or is too long. */
  readonly refuses: (text: string, bad: readonly string[]) => readonly Link[] | undefined;
}

function read(payload: string, { config, shared }: Context<Config, Shared>): Reading {
  const reasons = new Set<string>();
  const unknown = new Set<string>();
  let left = config.maxLinks;
  const linksOf = (text: string) => (text.length > config.maxLength ? undefined : findLinks(text, config.bare, config.maxLinks));
  for (const { text } of textParts(payload, config)) {
    const links = linksOf(text);
    left -= links?.length ?? 0;
    if (links === undefined) reasons.add('too long');
    else if (left < 0) reasons.add('too many links');
    else
      for (const link of links) {
        const ruling = shared.judge.rule(link);
        if (ruling.kind === 'refused') reasons.add(ruling.reason);
        else if (ruling.kind === 'unknown') for (const host of ruling.hosts) unknown.add(host);
      }
    if (left < 0) break;
  }
  const refuses: Reading['refuses'] = (text, bad) => {
    const links = linksOf(text);
    if (links === undefined || links.length > config.maxLinks || left < 0) return undefined;
    return links.filter((link) => shared.judge.rule(link).kind === 'refused' || link.hosts.some((host) => bad.includes(host)));
  };
  return { reasons: [...reasons], unknown: [...unknown], refuses };
}

function judge(payload: string, { reasons, refuses }: Reading, bad: readonly string[], config: Config): Verdict | undefined {
  if (reasons.length === 0 && bad.length === 0) return undefined;
  const why = [...reasons, ...bad.map((host) => `${host} is known as bad`)].join(', ').slice(0, MAX_NOTE);
  if (config.action === 'mask')
    return replace(rewriteText(payload, config, (text) => mask(text, refuses(text, bad), config.mask))).note(`masked: ${why}`);
  const verdict = config.action === 'reject' ? reject(POLICY_VIOLATION, 'unwanted link').note(why) : drop(why);
  return config.notice === '' ? verdict : verdict.reply(notice(config.notice, payload));
}

/** The text with its refused links replaced; undefined stands for all of it. */
function mask(text: string, links: readonly Link[] | undefined, replacement: string): string {
  if (links === undefined) return replacement;
  let out = '';
  let copied = 0;
  for (const { start, end } of [...links].sort((one, other) => one.start - other.start)) {
    if (end <= copied) continue;
    out += text.slice(copied, Math.max(start, copied)) + replacement;
    copied = end;
  }
  return out + text.slice(copied);
}
