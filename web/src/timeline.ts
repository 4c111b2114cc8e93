import type { Entry, GapEntry, MessageEntry, NoticeEntry, PresenceEntry } from './entry.js';

/** What is drawn as one piece. */
export type Block =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'messages'; readonly key: string; readonly first: MessageEntry; readonly messages: readonly MessageEntry[] }
  | { readonly kind: 'line'; readonly key: string; readonly entry: PresenceEntry | NoticeEntry | GapEntry };

/** Messages of one person this close together, in milliseconds, share a heading. */
const GROUP_WINDOW = 5 * 60_000;

/** Groups entries for drawing: consecutive messages of one sender together, a heading where a new day begins. */
export function timelineBlocks(entries: readonly Entry[]): readonly Block[] {
  const blocks: Block[] = [];
  let day = '';
  let group: MessageEntry[] | undefined;
  for (const entry of entries) {
    const entryDay = new Date(entry.at).toDateString();
    if (entryDay !== day) {
      day = entryDay;
      group = undefined;
      blocks.push({ kind: 'day', key: `day:${entry.key}`, at: entry.at });
    }
    if (entry.kind !== 'message') {
      group = undefined;
      blocks.push({ kind: 'line', key: entry.key, entry });
      continue;
    }
    const previous = group?.at(-1);
    if (group !== undefined && previous !== undefined && belongTogether(previous, entry)) {
      group.push(entry);
      continue;
    }
    group = [entry];
    blocks.push({ kind: 'messages', key: entry.key, first: entry, messages: group });
  }
  return blocks;
}

function belongTogether(a: MessageEntry, b: MessageEntry): boolean {
  const sameSender = a.own === b.own && (a.own || a.from === b.from) && a.name === b.name;
  return sameSender && b.at - a.at < GROUP_WINDOW;
}
