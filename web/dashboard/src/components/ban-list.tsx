import { pathOf } from '../api.js';
import { useDesk } from '../desk.js';
import { dayAndClock } from '../format.js';
import { useList } from '../hooks/use-list.js';
import type { Ban, Page } from '../model.js';
import { Section } from './section.js';
import { type Column, Table } from './table.js';

/** Bans and mutes that are not over. */
export function BanList() {
  const { api, may, run } = useDesk();
  const { answer, problem } = useList<Page<Ban>>('/bans?limit=1000');
  const columns: readonly Column<Ban>[] = [
    { title: 'Kind', cell: ({ kind }) => <span className={kind === 'ban' ? 'badge bad' : 'badge warn'}>{kind}</span> },
    { title: 'Whom', cell: ({ subject: { by, value } }) => `${by} ${value}` },
    { title: 'Reason', cell: ({ reason }) => reason || <span className="muted">none given</span> },
    { title: 'Until', cell: ({ expiresAt }) => (expiresAt === undefined ? 'for good' : dayAndClock(expiresAt)) },
    { title: 'By', cell: ({ createdBy }) => createdBy },
    ...(may('operator')
      ? [
          {
            title: 'Actions',
            cell: ({ id, kind, subject: { value } }: Ban) => (
              <button
                type="button"
                className="button small"
                onClick={() => run(`The ${kind} on ${value} is lifted.`, () => api.remove(`/bans${pathOf(id)}`))}
                aria-label={`Lift the ${kind} on ${value}`}
              >
                Lift
              </button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section title="Bans and mutes">
      <Table
        caption="Bans and mutes"
        columns={columns}
        rows={answer?.items}
        rowKey={({ id }) => id}
        problem={problem}
        empty="Nobody is banned or muted."
      />
    </Section>
  );
}
