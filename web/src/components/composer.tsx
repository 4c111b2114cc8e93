import { type FormEvent, type KeyboardEvent, type RefObject, useEffect, useState } from 'react';
import { OUTBOX_LIMIT } from '../chat-client.js';
import type { Connection, Problem } from '../chat-state.js';
import { CONTENT_LIMIT, characters } from '../protocol.js';
import { AlertIcon, CloseIcon, SendIcon } from './icons.js';

interface ComposerProps {
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
  readonly room: string;
  readonly connection: Connection;
  readonly problem: Problem | undefined;
  /** `false`: not taken, too many are waiting. */
  readonly onSend: (content: string) => boolean;
  readonly onDismiss: () => void;
}

/** Characters left at which the counter appears. */
const COUNTER_FROM = 400;

/** Where messages are written. Enter sends, Shift+Enter begins a new line. */
export function Composer({ inputRef, room, connection, problem, onSend, onDismiss }: ComposerProps) {
  const [draft, setDraft] = useState('');
  const [full, setFull] = useState(false);
  const left = CONTENT_LIMIT - characters(draft.trimEnd());
  const closed = connection.kind === 'closed';
  const sendable = !closed && left >= 0 && draft.trim() !== '';

  useEffect(() => inputRef.current?.focus({ preventScroll: true }), [inputRef]);

  const send = () => {
    if (!sendable) return;
    const taken = onSend(draft.trimEnd());
    setFull(!taken);
    if (taken) setDraft('');
    inputRef.current?.focus();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      {problem !== undefined && (
        <div className="problem" role="alert">
          <AlertIcon />
          <p>{problem.content}</p>
          <button type="button" className="button quiet" onClick={onDismiss}>
            <CloseIcon />
            <span className="visually-hidden">Dismiss</span>
          </button>
        </div>
      )}
      <div className="composer-box">
        <label className="visually-hidden" htmlFor="draft">
          Message to {room}
        </label>
        <textarea
          id="draft"
          ref={inputRef}
          rows={1}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={`Message ${room}`}
          readOnly={closed}
          enterKeyHint="send"
          aria-describedby="composer-hint"
          aria-invalid={left < 0}
        />
        <button type="submit" className="button primary send" disabled={!sendable}>
          <SendIcon />
          <span className="visually-hidden">Send</span>
        </button>
      </div>
      <p className="composer-hint" id="composer-hint">
        <span className="hint-text">{hint(connection, full)}</span>
        {left <= COUNTER_FROM && (
          <span className={left < 0 ? 'counter over' : 'counter'}>
            {left < 0 ? `${-left} over the limit of ${CONTENT_LIMIT}` : `${left} left`}
          </span>
        )}
      </p>
    </form>
  );
}

function hint(connection: Connection, full: boolean): string {
  if (connection.kind === 'closed') return `You can’t write here now. ${connection.reason}`;
  if (full) return `${OUTBOX_LIMIT} messages are already waiting. This one can go when they have gone.`;
  if (connection.kind === 'waiting') return `${connection.reason} What you write is sent when you are back.`;
  return 'Enter to send, Shift+Enter for a new line';
}
