import { useState } from 'react';
import { pathOf } from '../api.js';
import { useDesk } from '../desk.js';
import { count } from '../format.js';
import { useList } from '../hooks/use-list.js';
import type { Member, Page, Room } from '../model.js';
import { Section } from './section.js';
import { type Column, MoreRows, Table } from './table.js';

const STEP = 100;

/** The rooms of all chats; each shows its members on demand. */
export function RoomList() {
  const { api, may, ask, run } = useDesk();
  const [limit, setLimit] = useState(STEP);
  const [open, setOpen] = useState<string>();
  const { answer, problem } = useList<Page<Room>>(`/rooms?limit=${limit}`);

  const remove = async (room: Room) => {
    const consent = await ask({
      title: `Delete the room ${room.name}?`,
      text: room.configured
        ? 'Everybody in it is put out, and what was said there is forgotten. The room itself is in the configuration and stays, empty.'
        : 'Everybody in it is put out, and what was said there is forgotten.',
      confirm: 'Delete room',
      danger: true,
    });
    if (consent === undefined) return;
    if (open === keyOf(room)) setOpen(undefined);
    run(`The room ${room.name} was deleted.`, () => api.remove(`/rooms${pathOf(room.route, room.name)}`));
  };
  const columns: readonly Column<Room>[] = [
    { title: 'Room', cell: ({ name }) => <b>{name}</b> },
    { title: 'Route', cell: ({ route }) => route },
    {
      title: 'Members',
      cell: (room) => (
        <>
          <button
            type="button"
            className="button small"
            aria-expanded={open === keyOf(room)}
            aria-label={`Members of ${room.name}: ${room.members}`}
            onClick={() => setOpen(open === keyOf(room) ? undefined : keyOf(room))}
          >
            {count(room.members)} {open === keyOf(room) ? '▴' : '▾'}
          </button>
          {open === keyOf(room) && <Members room={room} />}
        </>
      ),
    },
    { title: 'Messages so far', figure: true, cell: ({ messages }) => count(messages) },
    ...(may('operator')
      ? [
          {
            title: 'Actions',
            cell: (room: Room) => (
              <button type="button" className="button small" onClick={() => void remove(room)} aria-label={`Delete the room ${room.name}…`}>
                Delete…
              </button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section title="Rooms">
      <Table
        caption="Rooms"
        columns={columns}
        rows={answer?.items}
        rowKey={keyOf}
        problem={problem}
        empty="There is no room. Only routes with the backend “chat” have rooms; they come about as people enter."
      />
      {answer !== undefined && (
        <MoreRows shown={answer.items.length} total={answer.total} onMore={() => setLimit(Math.min(1_000, limit + STEP))} />
      )}
    </Section>
  );
}

const keyOf = ({ route, name }: Room): string => `${route}\n${name}`;

function Members({ room }: { room: Room }) {
  const { answer, problem } = useList<Page<Member>>(`/rooms${pathOf(room.route, room.name)}/members?limit=200`);
  if (problem !== undefined) return <p className="fine-print">{problem}</p>;
  if (answer?.items.length === 0) return <p className="fine-print">Nobody is here.</p>;
  return (
    <ul className="members-list" aria-label={`Members of ${room.name}`}>
      {answer?.items.map(({ id, name }) => (
        <li key={id}>{name}</li>
      ))}
      {answer !== undefined && answer.total > answer.items.length && <li>and {answer.total - answer.items.length} more</li>}
    </ul>
  );
}
