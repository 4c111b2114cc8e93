import type { MessageEntry } from '../entry.js';
import { Avatar } from './avatar.js';
import { ClockTime } from './clock-time.js';
import { AlertIcon, CheckIcon, ClockIcon } from './icons.js';
import { MessageText } from './message-text.js';

interface MessageGroupProps {
  readonly first: MessageEntry;
  readonly messages: readonly MessageEntry[];
  readonly onResend: (clientId: string) => void;
}

/** Consecutive messages of one person under one heading. */
export function MessageGroup({ first, messages, onResend }: MessageGroupProps) {
  return (
    <section className={first.own ? 'group own' : 'group'} aria-label={first.own ? 'You' : first.name}>
      {!first.own && <Avatar name={first.name} />}
      <div className="group-body">
        <h3 className="group-head">
          <span className="sender">{first.own ? 'You' : first.name}</span> <ClockTime at={first.at} />
        </h3>
        {messages.map((message) => (
          <Message key={message.key} message={message} onResend={onResend} />
        ))}
      </div>
    </section>
  );
}

function Message({ message, onResend }: { message: MessageEntry; onResend: (clientId: string) => void }) {
  const { clientId, content, delivery, own } = message;
  return (
    <div className={`message ${delivery.kind}`}>
      <div className="bubble">
        <p className="text">
          <MessageText text={content} />
        </p>
        {own && clientId !== undefined && delivery.kind !== 'undelivered' && (
          <span className="receipt" title={delivery.kind === 'pending' ? 'Sending' : 'Delivered'}>
            {delivery.kind === 'pending' ? <ClockIcon /> : <CheckIcon />}
            <span className="visually-hidden">{delivery.kind === 'pending' ? 'Sending' : 'Delivered'}</span>
          </span>
        )}
      </div>
      {delivery.kind === 'undelivered' && clientId !== undefined && (
        <p className="undelivered-note">
          <AlertIcon />
          <span>
            <strong>Not delivered.</strong> {delivery.reason}
          </span>
          <button type="button" className="button small" onClick={() => onResend(clientId)}>
            Retry<span className="visually-hidden"> sending this message</span>
          </button>
        </p>
      )}
    </div>
  );
}
