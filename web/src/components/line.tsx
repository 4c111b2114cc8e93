import type { GapEntry, NoticeEntry, PresenceEntry } from '../entry.js';
import { ClockTime } from './clock-time.js';
import { ShieldIcon } from './icons.js';
import { MessageText } from './message-text.js';

/** A line of the room that is no member's message. */
export function Line({ entry }: { entry: PresenceEntry | NoticeEntry | GapEntry }) {
  switch (entry.kind) {
    case 'gap':
      return <p className="presence">Some messages from while you were away may be missing here.</p>;
    case 'presence':
      return (
        <p className="presence">
          <Presence entry={entry} />
        </p>
      );
    case 'notice':
      return (
        <div
          className={`notice ${entry.source}`}
          role="note"
          aria-label={entry.source === 'plugin' ? 'Notice from a plugin' : 'Notice from the host'}
        >
          <ShieldIcon />
          <div className="notice-body">
            <p className="notice-head">
              <strong>{entry.name}</strong>
              <span className="badge">{entry.source === 'plugin' ? 'Plugin' : 'Host'}</span>
              <ClockTime at={entry.at} />
            </p>
            <p className="text">
              <MessageText text={entry.content} />
            </p>
          </div>
        </div>
      );
  }
}

function Presence({ entry: { what, name, previous } }: { entry: PresenceEntry }) {
  if (what === 'rename') {
    return (
      <>
        <b>{previous}</b> is now <b>{name}</b>
      </>
    );
  }
  return (
    <>
      <b>{name}</b> {what === 'join' ? 'joined' : 'left'}
    </>
  );
}
