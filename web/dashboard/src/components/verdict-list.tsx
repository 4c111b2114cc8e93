import { useState } from 'react';
import { Field } from '../../../src/components/field.js';
import { clock } from '../format.js';
import type { RecentVerdict } from '../model.js';
import { Select } from './select.js';
import { type Column, MoreRows, Table } from './table.js';

const STEP = 15;

const COLUMNS: readonly Column<RecentVerdict>[] = [
  { title: 'Time', cell: ({ at }) => <time dateTime={new Date(at).toISOString()}>{clock(at)}</time> },
  { title: 'Plugin', cell: ({ plugin, route }) => `${plugin} · ${route}` },
  { title: 'Verdict', cell: ({ kind }) => <span className={`count ${kind}`}>{kind}</span> },
  { title: 'Reason', cell: ({ reason, fault }) => reason ?? fault ?? <span className="muted">none given</span> },
  { title: 'Hook', cell: ({ hook }) => <code>{hook}</code> },
  { title: 'Connection', cell: ({ connection }) => <code title={connection}>{connection.slice(0, 8)}</code> },
];

const NOTHING_YET =
  'Nothing yet: every frame has passed unchanged. A drop, a replacement, a reply or a fault shows up here with its reason.';

/** Some verdicts, other than a plain pass, newest first. Never what a frame said. */
export function VerdictTable({ verdicts, empty = NOTHING_YET }: { verdicts: readonly RecentVerdict[]; empty?: string }) {
  return <Table caption="Recent verdicts" columns={COLUMNS} rows={verdicts} rowKey={({ number }) => String(number)} empty={empty} />;
}

/** What plugins decided lately: the latest of each kind, to be searched. */
export function VerdictList({ verdicts, missed }: { verdicts: readonly RecentVerdict[]; missed: number }) {
  const [kind, setKind] = useState('');
  const [plugin, setPlugin] = useState('');
  const [connection, setConnection] = useState('');
  const [limit, setLimit] = useState(STEP);
  const wanted = verdicts.filter(
    (verdict) =>
      (kind === '' || verdict.kind === kind) &&
      (plugin === '' || verdict.plugin === plugin) &&
      verdict.connection.startsWith(connection.trim()),
  );
  return (
    <>
      <div className="filter">
        <Select label="Verdict" value={kind} options={choices(kind, verdicts, (verdict) => verdict.kind)} onChange={setKind} />
        <Select label="Plugin" value={plugin} options={choices(plugin, verdicts, (verdict) => verdict.plugin)} onChange={setPlugin} />
        <Field label="Connection (its id begins with)" value={connection} onChange={setConnection} problem={undefined} />
      </div>
      <VerdictTable
        verdicts={wanted.slice(0, limit)}
        {...(verdicts.length > 0 ? { empty: 'None of the latest verdicts is like that.' } : {})}
      />
      <MoreRows shown={Math.min(limit, wanted.length)} total={wanted.length} onMore={() => setLimit(limit + STEP)} />
      {missed > 0 && <p className="fine-print">{missed} more came too fast to be listed; the counts have them all.</p>}
    </>
  );
}

/** What there is to choose from; what is chosen stays, though none of it may be left. */
function choices(chosen: string, verdicts: readonly RecentVerdict[], of: (verdict: RecentVerdict) => string) {
  const names = new Set([...verdicts.map(of), ...(chosen === '' ? [] : [chosen])]);
  return [['', 'All'], ...[...names].sort().map((name) => [name, name] as const)] as const;
}
