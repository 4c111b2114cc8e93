import { useState } from 'react';
import { useDesk } from '../desk.js';
import { useList } from '../hooks/use-list.js';
import type { Ban, ChatUser, Page } from '../model.js';
import { BAN_TERMS, banTerms } from './ban-terms.js';
import { Section } from './section.js';
import { type Column, MoreRows, Table } from './table.js';

const STEP = 100;

type Subject = Ban['subject'];

/** By what somebody can be recognised, as it is told to an operator. */
function subjectsOf({ id, name, address, account }: ChatUser): readonly (readonly [by: Subject['by'], label: string, value: string])[] {
  return [
    ['name', `the name ${name} and its look-alikes`, name],
    ['address', `the address ${address}, whoever uses it`, address],
    ['user', account === undefined ? 'this connection, until they come back' : `the account ${account}`, account ?? id],
  ];
}

/** Who is in the chats, to be muted or banned by name, address, or account. */
export function UserList() {
  const { api, may, ask, run } = useDesk();
  const [limit, setLimit] = useState(STEP);
  const { answer, problem } = useList<Page<ChatUser>>(`/users?limit=${limit}`);

  const forbid = async (kind: Ban['kind'], user: ChatUser) => {
    const { name } = user;
    const subjects = subjectsOf(user);
    const consent = await ask({
      title: kind === 'ban' ? `Ban ${name}?` : `Mute ${name}?`,
      text:
        kind === 'ban'
          ? 'Their connections are closed, and they cannot come back meanwhile.'
          : 'They stay and read, but what they write reaches nobody.',
      confirm: kind === 'ban' ? 'Ban' : 'Mute',
      danger: true,
      target: { label: 'By', options: subjects.map(([by, label]) => [by, label]) },
      ...BAN_TERMS,
    });
    const subject = subjects.find(([by]) => by === consent?.target);
    if (consent === undefined || subject === undefined) return;
    const [by, , value] = subject;
    run(`${name} is ${kind === 'ban' ? 'banned' : 'muted'}.`, () =>
      api.post('/bans', { kind, subject: { by, value }, ...banTerms(consent) }),
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
