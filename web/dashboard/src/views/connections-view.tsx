import { type FormEvent, useState } from 'react';
import { Field } from '../../../src/components/field.js';
import { pathOf } from '../api.js';
import { Section } from '../components/section.js';
import { type Column, MoreRows, Table } from '../components/table.js';
import { useDesk } from '../desk.js';
import { bytes, count, dayAndClock } from '../format.js';
import { useList } from '../hooks/use-list.js';
import type { ClientConnection, Page } from '../model.js';

const STEP = 100;
const NO_FILTER = { user: '', room: '', address: '', route: '' };
const LABELS = { user: 'User', room: 'Room', address: 'Address', route: 'Route' } as const;
const KEYS = Object.keys(LABELS) as (keyof typeof LABELS)[];
const MAX_REASON = 123;

/** Who is connected, one by one. */
export function ConnectionsView() {
  const { api, may, ask, run } = useDesk();
  const [draft, setDraft] = useState(NO_FILTER);
  const [filter, setFilter] = useState(NO_FILTER);
  const [limit, setLimit] = useState(STEP);
  const given = Object.entries(filter).filter(([, value]) => value !== '');
  const { answer, problem } = useList<Page<ClientConnection>>(`/connections?${new URLSearchParams([...given, ['limit', String(limit)]])}`);

  const kick = async (connection: ClientConnection) => {
    const consent = await ask({
      title: `Close the connection of ${nameOf(connection)}?`,
      text: 'It is closed with code 1008 and this reason. The client may connect again; to keep somebody out, ban them in Chat.',
      confirm: 'Kick',
      danger: true,
      input: { label: 'Reason, shown to the client', value: 'closed by an operator', maxLength: MAX_REASON },
    });
    if (consent === undefined) return;
    run(`${nameOf(connection)} was kicked.`, () => api.post(`/connections${pathOf(connection.id)}/kick`, { reason: consent.input }));
  };
  const apply = (event: FormEvent) => {
    event.preventDefault();
    setFilter(draft);
    setLimit(STEP);
  };
  const columns: readonly Column<ClientConnection>[] = [
    { title: 'Who', cell: (row) => <b>{nameOf(row)}</b> },
    { title: 'Route', cell: ({ route, room }) => (room === undefined ? route : `${route} · ${room}`) },
    { title: 'Address', cell: ({ remoteAddress }) => remoteAddress },
    { title: 'Since', cell: ({ connectedAt }) => <time dateTime={new Date(connectedAt).toISOString()}>{dayAndClock(connectedAt)}</time> },
    { title: 'In', figure: true, cell: ({ requests }) => count(requests) },
    { title: 'Out', figure: true, cell: ({ responses }) => count(responses) },
    { title: 'Queued', figure: true, cell: ({ queuedBytes }) => bytes(queuedBytes) },
    ...(may('operator')
      ? [
          {
            title: 'Actions',
            cell: (row: ClientConnection) => (
              <button type="button" className="button small" onClick={() => void kick(row)} aria-label={`Kick ${nameOf(row)}…`}>
                Kick…
              </button>
            ),
          },
        ]
      : []),
  ];

  return (
    <Section title={answer === undefined ? 'Connections' : `Connections (${answer.total})`}>
      <form className="filter" onSubmit={apply} aria-label="Filter connections">
        {KEYS.map((key) => (
          <Field
            key={key}
            label={LABELS[key]}
            value={draft[key]}
            onChange={(value) => setDraft({ ...draft, [key]: value })}
            problem={undefined}
          />
        ))}
        <button type="submit" className="button">
          Filter
        </button>
        {given.length > 0 && (
          <button
            type="button"
            className="button quiet"
            onClick={() => {
              setDraft(NO_FILTER);
              setFilter(NO_FILTER);
            }}
          >
            Show all
          </button>
        )}
      </form>
      <Table
        caption="Connections, oldest first"
        columns={columns}
        rows={answer?.items}
        rowKey={({ id }) => id}
        problem={problem}
        empty={
          given.length > 0
            ? 'No connection is like that. The filter looks for exact matches.'
            : 'Nobody is connected. Clients show up here as they come.'
        }
      />
      {answer !== undefined && (
        <MoreRows shown={answer.items.length} total={answer.total} onMore={() => setLimit(Math.min(1_000, limit + STEP))} />
      )}
    </Section>
  );
}

function nameOf({ user, id }: ClientConnection): string {
  return user?.name ?? user?.id ?? id.slice(0, 8);
}
