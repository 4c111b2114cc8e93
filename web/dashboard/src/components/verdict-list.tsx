import { clock } from '../format.js';
import type { RecentVerdict } from '../model.js';
import { type Column, Table } from './table.js';

const COLUMNS: readonly Column<RecentVerdict>[] = [
  { title: 'Time', cell: ({ at }) => <time dateTime={new Date(at).toISOString()}>{clock(at)}</time> },
  { title: 'Plugin', cell: ({ plugin, route }) => `${plugin} · ${route}` },
  { title: 'Verdict', cell: ({ kind }) => <span className={`count ${kind}`}>{kind}</span> },
  { title: 'Reason', cell: ({ reason, fault }) => reason ?? fault ?? <span className="muted">none given</span> },
  { title: 'Hook', cell: ({ hook }) => <code>{hook}</code> },
  { title: 'Connection', cell: ({ connection }) => <code title={connection}>{connection.slice(0, 8)}</code> },
];

/** What plugins decided lately, other than a plain pass; newest first. Never what a frame said. */
export function VerdictList({ verdicts, missed }: { verdicts: readonly RecentVerdict[]; missed: number }) {
  return (
    <>
      <Table
        caption="Recent verdicts"
        columns={COLUMNS}
        rows={verdicts}
        rowKey={({ number }) => String(number)}
        empty="Nothing yet: every frame has passed unchanged. A drop, a replacement, a reply or a fault shows up here with its reason."
      />
      {missed > 0 && <p className="fine-print">{missed} more came too fast to be listed; the counts have them all.</p>}
    </>
  );
}
