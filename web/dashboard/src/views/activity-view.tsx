import { Section } from '../components/section.js';
import { type Column, Table } from '../components/table.js';
import { VerdictList } from '../components/verdict-list.js';
import { useDesk } from '../desk.js';
import { dayAndClock } from '../format.js';
import { useList } from '../hooks/use-list.js';
import { useLive } from '../hooks/use-live.js';
import type { AuditEntry } from '../model.js';

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
    cell: ({ status }) => <span className={status < 400 ? undefined : 'bad'}>{status < 400 ? 'done' : `refused (${status})`}</span>,
  },
];

/** What plugins decided, and what operators did. */
export function ActivityView() {
  const { feed } = useDesk();
  useLive();
  const { answer, problem } = useList<{ readonly items: readonly AuditEntry[] }>('/audit?limit=100');
  return (
    <>
      <Section title="Recent verdicts">
        <VerdictList verdicts={feed.history.verdicts} missed={feed.history.missed} />
      </Section>
      <Section title="Changes by operators">
        <Table
          caption="Audit log, newest first"
          columns={COLUMNS}
          rows={answer?.items}
          rowKey={({ at, action, target }) => `${at} ${action} ${JSON.stringify(target)}`}
          problem={problem}
          empty="Nobody has changed anything since the host started."
        />
      </Section>
    </>
  );
}
