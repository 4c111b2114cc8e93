import { Chart } from '../components/chart.js';
import { Counts } from '../components/counts.js';
import { Section } from '../components/section.js';
import { type Column, Table } from '../components/table.js';
import { VerdictTable } from '../components/verdict-list.js';
import { useDesk } from '../desk.js';
import { count, milliseconds, rate } from '../format.js';
import { useLive } from '../hooks/use-live.js';
import { pluginLabel } from '../live-history.js';
import type { PluginFigures, Snapshot } from '../model.js';

const LATEST = 6;

const frames = ({ routes }: Snapshot) =>
  new Map([
    ['from clients', routes.reduce((sum, { requestRate }) => sum + requestRate, 0)],
    ['to clients', routes.reduce((sum, { responseRate }) => sum + responseRate, 0)],
  ]);
const calls = (snapshot: Snapshot) =>
  new Map(snapshot.plugins.map(({ route, name, callRate }) => [pluginLabel(snapshot, route, name), callRate]));
const latency = (snapshot: Snapshot) =>
  new Map(snapshot.plugins.map(({ route, name, p99Ms }) => [pluginLabel(snapshot, route, name), p99Ms]));

const COLUMNS: readonly Column<PluginFigures>[] = [
  { title: 'Plugin', cell: ({ name }) => <b>{name}</b> },
  { title: 'Route', cell: ({ route }) => route },
  { title: 'Calls / s', figure: true, cell: ({ callRate }) => rate(callRate) },
  { title: 'p50', figure: true, cell: ({ p50Ms }) => milliseconds(p50Ms) },
  { title: 'p99', figure: true, cell: ({ p99Ms }) => milliseconds(p99Ms) },
  { title: 'Verdicts', cell: ({ verdicts }) => <Counts of={verdicts} none="only passes" /> },
  { title: 'Faults', figure: true, cell: ({ faults }) => <span className={faults > 0 ? 'bad' : undefined}>{count(faults)}</span> },
];

/** How the host fares, at a glance. */
export function OverviewView() {
  const { feed } = useDesk();
  const { snapshot } = useLive();
  const totals = snapshot === undefined ? undefined : frames(snapshot);
  const faults = snapshot?.plugins.reduce((sum, plugin) => sum + plugin.faults, 0) ?? 0;
  const quarantined = snapshot?.plugins.filter(({ quarantinedUntil }) => quarantinedUntil !== undefined).length ?? 0;
  return (
    <>
      <dl className="tiles">
        <Tile title="Connections" figure={snapshot && count(snapshot.connections)} />
        <Tile title="Frames / s from clients" figure={totals && rate(totals.get('from clients') ?? 0)} />
        <Tile title="Frames / s to clients" figure={totals && rate(totals.get('to clients') ?? 0)} />
        <Tile title="Plugin faults" figure={snapshot && count(faults)} bad={faults > 0} />
        <Tile title="In quarantine" figure={snapshot && count(quarantined)} bad={quarantined > 0} />
      </dl>
      <div className="charts">
        <Chart title="Frames a second" value={frames} write={rate} />
        <Chart title="Plugin calls a second" value={calls} write={rate} />
        <Chart title="Latency of plugin calls, p99 in ms (logarithmic)" value={latency} write={milliseconds} logarithmic />
      </div>
      <Section title="Plugins now">
        <Table
          caption="Figures by plugin"
          columns={COLUMNS}
          rows={snapshot?.plugins}
          rowKey={({ route, name }) => `${route}\n${name}`}
          empty="No plugin runs on this host. Add one to a route’s `plugins` in the configuration."
        />
      </Section>
      <Section title="Latest verdicts" actions={<a href="#activity">All recent ones</a>}>
        <VerdictTable verdicts={feed.history.verdicts.slice(0, LATEST)} />
      </Section>
    </>
  );
}

function Tile({ title, figure, bad = false }: { title: string; figure: string | undefined; bad?: boolean }) {
  return (
    <div className={bad ? 'tile bad' : 'tile'}>
      <dt>{title}</dt>
      <dd>{figure ?? '–'}</dd>
    </div>
  );
}
