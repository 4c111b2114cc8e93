import { useState } from 'react';
import { useDesk } from '../desk.js';
import { useList } from '../hooks/use-list.js';
import type { Ban, ChatUser, Page } from '../model.js';
import { Section } from './section.js';
import { type Column, MoreRows, Table } from './table.js';

const STEP = 100;
const MAX_REASON = 200;
const MINUTE_MS = 60_000;
const SPANS = [
  [String(10 * MINUTE_MS), '10 minutes'],
  [String(60 * MINUTE_MS), '1 hour'],
  [String(24 * 60 * MINUTE_MS), '1 day'],
  [String(7 * 24 * 60 * MINUTE_MS), '1 week'],
  ['', 'For good'],
] as const;

/** Who is in the chats, to be muted or banned by name. */
export function UserList() {
  const { api, may, ask, run } = useDesk();
  const [limit, setLimit] = useState(STEP);
  const { answer, problem } = useList<Page<ChatUser>>(`/users?limit=${limit}`);

  const forbid = async (kind: Ban['kind'], { name }: ChatUser) => {
    const consent = await ask({
      title: kind === 'ban' ? `Ban ${name}?` : `Mute ${name}?`,
      text:
        kind === 'ban'
          ? 'Their connections are closed, and this name cannot come back meanwhile.'
          : 'They stay and read, but what they write reaches nobody.',
      confirm: kind === 'ban' ? 'Ban' : 'Mute',
      danger: true,
      choice: { label: 'For how long', options: SPANS },
      input: { label: 'Reason, shown to them', value: '', maxLength: MAX_REASON },
    });
    if (consent === undefined) return;
    const expiry = consent.choice === '' ? {} : { expiresInMs: Number(consent.choice) };
    run(`${name} is ${kind === 'ban' ? 'banned' : 'muted'}.`, () =>
      api.post('/bans', { kind, subject: { by: 'name', value: name }, reason: consent.input, ...expiry }),
    );
  };
  const columns: readonly Column<ChatUser>[] = [
    { title: 'Name', cell: ({ name }) => <b>{name}</b> },
    { title: 'Room', cell: ({ room, route }) => (room === undefined ? route : `${route} · ${room}`) },
    { title: 'Address', cell: ({ address }) => address },
    {
      title: 'May',
      cell: ({ muted, banned }) =>
        banned ? (
          <span className="badge bad">banned</span>
        ) : muted ? (
          <span className="badge warn">muted</span>
        ) : (
          <span className="muted">speak</span>
        ),
    },
    ...(may('operator')
      ? [
          {
            title: 'Actions',
            cell: (user: ChatUser) => (
              <span className="row-actions">
                {!user.muted && (
                  <button
                    type="button"
                    className="button small"
                    onClick={() => void forbid('mute', user)}
                    aria-label={`Mute ${user.name}…`}
                  >
                    Mute…
                  </button>
                )}
                <button type="button" className="button small" onClick={() => void forbid('ban', user)} aria-label={`Ban ${user.name}…`}>
                  Ban…
                </button>
              </span>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section title="People">
      <Table
        caption="People in the chats"
        columns={columns}
        rows={answer?.items}
        rowKey={({ id }) => id}
        problem={problem}
        empty="Nobody is in a chat."
      />
      {answer !== undefined && (
        <MoreRows shown={answer.items.length} total={answer.total} onMore={() => setLimit(Math.min(1_000, limit + STEP))} />
      )}
    </Section>
  );
}
