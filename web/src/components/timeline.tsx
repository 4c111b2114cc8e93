import { useEffect, useState } from 'react';
import type { Connection } from '../chat-state.js';
import type { Entry } from '../entry.js';
import { useStickToBottom } from '../hooks/use-stick-to-bottom.js';
import { timelineBlocks } from '../timeline.js';
import { dayWords } from './clock-time.js';
import { DownIcon } from './icons.js';
import { Line } from './line.js';
import { MessageGroup } from './message-group.js';

interface TimelineProps {
  readonly entries: readonly Entry[];
  readonly received: number;
  readonly connection: Connection;
  readonly alone: boolean;
  readonly onResend: (clientId: string) => void;
  /** The reader asks to be taken to the newest message, which is what `scroll` does. */
  readonly onToBottom: (scroll: () => void) => void;
}

/** The room's messages and notices, newest last; stays at the end unless the reader has scrolled up. */
export function Timeline({ entries, received, connection, alone, onResend, onToBottom }: TimelineProps) {
  const { scroller, atBottom, toBottom } = useStickToBottom(entries);
  const [seen, setSeen] = useState(received);
  const unseen = atBottom ? 0 : received - seen;
  const last = entries.at(-1);
  const written = last?.kind === 'message' && last.delivery.kind === 'pending' ? last.key : undefined;

  useEffect(() => {
    if (atBottom) setSeen(received);
  }, [atBottom, received]);
  // Whoever writes wants to see it, wherever they were reading.
  useEffect(() => {
    if (written !== undefined) toBottom();
  }, [written, toBottom]);

  return (
    <div className="timeline-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <div className="timeline" ref={scroller} role="log" aria-label="Messages" aria-live="polite" aria-relevant="additions" tabIndex={0}>
        {entries.length === 0 && <EmptyRoom connection={connection} alone={alone} />}
        {timelineBlocks(entries).map((block) => {
          if (block.kind === 'day')
            return (
              <h2 key={block.key} className="day">
                {dayWords(block.at)}
              </h2>
            );
          if (block.kind === 'line') return <Line key={block.key} entry={block.entry} />;
          return <MessageGroup key={block.key} first={block.first} messages={block.messages} onResend={onResend} />;
        })}
      </div>
      {!atBottom && (
        <button type="button" className={unseen > 0 ? 'button primary to-bottom' : 'button to-bottom'} onClick={() => onToBottom(toBottom)}>
          <DownIcon />
          {unseen === 0 ? 'Newest' : unseen === 1 ? '1 new message' : `${unseen} new messages`}
        </button>
      )}
    </div>
  );
}

function EmptyRoom({ connection, alone }: { connection: Connection; alone: boolean }) {
  if (connection.kind !== 'online') {
    return <p className="empty">{connection.kind === 'closed' ? connection.reason : 'Getting the room ready…'}</p>;
  }
  return (
    <div className="empty">
      <p className="empty-title">{alone ? 'You are the first one here' : 'Nothing has been said yet'}</p>
      <p>{alone ? 'Send this page’s address to somebody: it leads straight to this room.' : 'Go ahead, the others can hear you.'}</p>
    </div>
  );
}
