import type { Connection } from '../chat-state.js';
import { useSecondsUntil } from '../hooks/use-seconds-until.js';

const WORDS: Readonly<Record<Connection['kind'], string>> = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  joining: 'Joining…',
  online: 'Online',
  waiting: 'Reconnecting',
  closed: 'Disconnected',
};

interface ConnectionPillProps {
  readonly connection: Connection;
  readonly onReconnect: () => void;
}

/** How the connection is. The countdown is for the eye only: read out, it would not stop talking. */
export function ConnectionPill({ connection, onReconnect }: ConnectionPillProps) {
  const reason = connection.kind === 'waiting' || connection.kind === 'closed' ? connection.reason : undefined;
  return (
    <div className={`connection ${connection.kind}`}>
      <p className="pill" title={reason}>
        <span className="dot" aria-hidden="true" />
        <span role="status">
          {WORDS[connection.kind]}
          <span className="visually-hidden">{reason === undefined ? '' : `. ${reason}`}</span>
        </span>
        {connection.kind === 'waiting' && <Countdown key={connection.retryAt} until={connection.retryAt} />}
      </p>
      {(connection.kind === 'waiting' || connection.kind === 'closed') && (
        <button type="button" className="button small" onClick={onReconnect}>
          {connection.kind === 'waiting' ? 'Retry now' : 'Connect again'}
        </button>
      )}
    </div>
  );
}

function Countdown({ until }: { until: number }) {
  const seconds = useSecondsUntil(until);
  return <span aria-hidden="true">&nbsp;in {seconds} s</span>;
}
