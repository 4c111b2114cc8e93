import { useState } from 'react';
import { Section } from '../components/section.js';
import { type Column, MoreRows, Table } from '../components/table.js';
import { VerdictList } from '../components/verdict-list.js';
import { useDesk } from '../desk.js';
import { dayAndClock } from '../format.js';
import { useList } from '../hooks/use-list.js';
import { useLive } from '../hooks/use-live.js';
import type { AuditEntry } from '../model.js';

const STEP = 5;

const COLUMNS: readonly Column<AuditEntry>[] = [
  { title: 'Time', cell: ({ at }) => <time dateTime={at}>{dayAndClock(Date.parse(at))}</time> },
  { title: 'Who', cell: ({ actor, role }) => `${actor} (${role})` },
  { title: 'Action', cell: ({ action }) => <code>{action}</code> },
  {
    title: 'On',
    cell: ({ target }) =>
      Object.entries(target)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ') || <span className="muted">the host</span>,
  },
  {
    title: 'Result',
    cell: ({ status, reason }) => (
      <span className={status < 400 ? undefined : 'bad'}>
        {status < 400 ? 'done' : `refused (${status})${reason === undefined ? '' : `: ${reason}`}`}
      </span>
    ),
  },
];

/** What operators did, and what plugins decided. */
export function ActivityView() {
  const { feed } = useDesk();
  useLive();
  const [limit, setLimit] = useState(STEP);
  const { answer, problem } = useList<{ readonly items: readonly AuditEntry[] }>('/audit?limit=100');
  return (
    <>
      <Section title="Changes by operators">
        <Table
          caption="Audit log, newest first"
          columns={COLUMNS}
          rows={answer?.items.slice(0, limit)}
          rowKey={({ at, action, target }) => `${at} ${action} ${JSON.stringify(target)}`}
          problem={problem}
          empty="Nobody has changed anything since the host started. What came before it is in the log."
        />
        {answer !== undefined && (
          <MoreRows shown={Math.min(limit, answer.items.length)} total={answer.items.length} onMore={() => setLimit(limit + STEP)} />
        )}
      </Section>
      <Section title="Recent verdicts">
        <VerdictList verdicts={feed.history.verdicts} missed={feed.history.missed} />
      </Section>
    </>
  );
}
