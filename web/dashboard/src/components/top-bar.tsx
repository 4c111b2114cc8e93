import { useSecondsUntil } from '../../../src/hooks/use-seconds-until.js';
import { useDesk } from '../desk.js';
import { useLive } from '../hooks/use-live.js';
import { PLACES, type Place } from '../hooks/use-place.js';

const WORDS = { connecting: 'Connecting…', live: 'Live', paused: 'Paused', waiting: 'Reconnecting' } as const;

/** Where one is, how the connection to the host is, and what concerns the host as a whole. */
export function TopBar({ place }: { place: Place }) {
  const { api, who, may, ask, run } = useDesk();
  const { snapshot } = useLive();
  const serving = snapshot === undefined || snapshot.phase === 'serving';

  const drain = async () => {
    const consent = await ask({
      title: 'Stop this host?',
      text: 'It takes no new connections from now on, asks its clients to come back elsewhere, finishes their frames, and ends. This cannot be taken back.',
      confirm: 'Drain and stop',
      danger: true,
    });
    if (consent !== undefined) run('The host is draining.', () => api.post('/drain'));
  };

  return (
    <header className="top-bar">
      <div className="top-line">
        <p className="brand">
          <span className="brand-mark" aria-hidden="true" />
          <span className="brand-name">framegate</span>
        </p>
        <FeedPill />
        <p className="who" title={`Role: ${who.role}`}>
          <span className="who-name">{who.name}</span> <span className="badge">{who.role}</span>
        </p>
        {may('admin') && serving && (
          <button type="button" className="button small danger-quiet" onClick={() => void drain()}>
            Drain…
          </button>
        )}
        <button type="button" className="button small" onClick={() => void api.logout()}>
          Log out
        </button>
      </div>
      <nav aria-label="Views">
        {Object.entries(PLACES).map(([key, label]) => (
          <a key={key} href={`#${key}`} aria-current={key === place ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {!serving && (
        <p className="host-notice" role="status">
          This host is draining ({snapshot?.phase}): it takes no new connections and ends when its clients have gone.
        </p>
      )}
    </header>
  );
}

function FeedPill() {
  const { feed } = useDesk();
  const { feed: state } = useLive();
  return (
    <div className={`feed ${state.kind}`}>
      <p className="pill">
        <span className="dot" aria-hidden="true" />
        <span role="status">{WORDS[state.kind]}</span>
        {state.kind === 'waiting' && <Countdown key={state.retryAt} until={state.retryAt} />}
      </p>
      {state.kind === 'waiting' && (
        <button type="button" className="button small" onClick={feed.connect}>
          Retry now
        </button>
      )}
    </div>
  );
}

/** For the eye only: read out, it would not stop talking. */
function Countdown({ until }: { until: number }) {
  return <span aria-hidden="true">&nbsp;in {useSecondsUntil(until)} s</span>;
}
