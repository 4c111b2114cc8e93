import { pathOf } from '../api.js';
import { useDesk } from '../desk.js';
import { dayAndClock } from '../format.js';
import { useList } from '../hooks/use-list.js';
import type { Ban, Page } from '../model.js';
import { BAN_TERMS, banTerms } from './ban-terms.js';
import { Section } from './section.js';
import { type Column, Table } from './table.js';

/** Bans and mutes that are not over. */
export function BanList() {
  const { api, may, ask, run } = useDesk();
  const { answer, problem } = useList<Page<Ban>>('/bans?limit=1000');
  const forbid = async (kind: Ban['kind']) => {
    const consent = await ask({
      title: kind === 'ban' ? 'Ban addresses' : 'Mute addresses',
      text: 'An IP address, or a range of them such as 192.0.2.0/24 or 2001:db8::/32. It holds for whoever is there and for whoever comes.',
      confirm: kind === 'ban' ? 'Ban' : 'Mute',
      danger: true,
      target: { label: 'Address or range' },
      ...BAN_TERMS,
    });
    if (consent === undefined) return;
    const { target: value } = consent;
    run(`${value} is ${kind === 'ban' ? 'banned' : 'muted'}.`, () =>
      api.post('/bans', { kind, subject: { by: 'address', value }, ...banTerms(consent) }),
    );
  };
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
    <Section
      title="Bans and mutes"
      actions={
        may('operator') && (
          <span className="row-actions">
            <button type="button" className="button small" onClick={() => void forbid('mute')}>
              Mute addresses…
            </button>
            <button type="button" className="button small" onClick={() => void forbid('ban')}>
              Ban addresses…
            </button>
          </span>
        )
      }
    >
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
