import { useState } from 'react';
import { Field } from '../../../src/components/field.js';
import { Section } from '../components/section.js';
import { Select } from '../components/select.js';
import { type Column, MoreRows, Table } from '../components/table.js';
import { useDesk } from '../desk.js';
import { bytes, dayAndClock, visible } from '../format.js';
import { useList } from '../hooks/use-list.js';
import type { Page, PluginInfo, StateEntry } from '../model.js';

const STEP = 100;
const SCOPES = ['connection', 'room', 'user', 'plugin'];

const COLUMNS: readonly Column<StateEntry>[] = [
  { title: 'Scope', word: true, cell: ({ scope }) => scope },
  {
    title: 'Owner',
    cell: ({ owner, scope }) => visible(owner) || <span className="muted">{scope === 'plugin' ? 'the plugin' : 'none'}</span>,
  },
  {
    title: 'Key',
    cell: ({ key }) => (
      <bdi>
        <code>{visible(key)}</code>
      </bdi>
    ),
  },
  {
    title: 'Value',
    cell: ({ value, encoding, truncated }) => (
      <code className="value">
        {encoding === 'base64' ? 'base64: ' : ''}
        <bdi>{visible(value)}</bdi>
        {truncated ? '…' : ''}
      </code>
    ),
  },
  { title: 'Bytes', figure: true, cell: (entry) => bytes(entry.bytes) },
  {
    title: 'Until',
    word: true,
    cell: ({ expiresAt }) => (expiresAt === undefined ? <span className="muted">always</span> : dayAndClock(expiresAt)),
  },
];

/** What plugins remember. */
export function StateView() {
  const { api, may, ask, run } = useDesk();
  const [chosen, setChosen] = useState<string>();
  const [scope, setScope] = useState('');
  const [owner, setOwner] = useState('');
  const [limit, setLimit] = useState(STEP);
  const plugins = useList<{ readonly items: readonly PluginInfo[] }>('/plugins').answer?.items;
  const names = [...new Set(plugins?.map(({ name }) => name))];
  const plugin = chosen ?? plugins?.find(({ stateBytes }) => stateBytes > 0)?.name ?? names[0];

  const filter = { ...(scope === '' ? {} : { scope }), ...(scope === '' || owner === '' ? {} : { owner }) };
  const path = plugin === undefined ? undefined : `/state?${new URLSearchParams({ plugin, ...filter, limit: String(limit) })}`;
  const { answer, problem } = useList<Page<StateEntry> & { readonly pluginBytes: number }>(path);

  const wipe = async () => {
    if (plugin === undefined) return;
    const whose = filter.owner !== undefined ? `${scope} “${owner}”` : scope === '' ? 'every scope' : `the scope ${scope}`;
    const consent = await ask({
      title: `Make ${plugin} forget ${whose}?`,
      text: `${answer?.total ?? 0} entries are removed, wherever a copy of them is. This cannot be taken back.`,
      confirm: 'Wipe',
      danger: true,
    });
    if (consent === undefined) return;
    run('Wiped.', async () => `${(await api.remove<{ readonly wiped: number }>('/state', { plugin, ...filter })).wiped} entries wiped.`);
  };

  if (plugins !== undefined && names.length === 0) return <p className="empty">No plugin runs on this host, so nothing is remembered.</p>;
  return (
    <Section
      title="State"
      actions={
        may('operator') &&
        answer !== undefined &&
        answer.total > 0 && (
          <button type="button" className="button small danger-quiet" onClick={() => void wipe()}>
            Wipe these…
          </button>
        )
      }
    >
      <div className="filter">
        <Select label="Plugin" value={plugin ?? ''} options={names.map((name) => [name, name])} onChange={setChosen} />
        <Select label="Scope" value={scope} options={[['', 'All'], ...SCOPES.map((name) => [name, name] as const)]} onChange={setScope} />
        {scope !== '' && scope !== 'plugin' && (
          <Field label={`Owner (the ${scope}’s id)`} value={owner} onChange={setOwner} problem={undefined} />
        )}
        {answer !== undefined && (
          <p className="muted">
            {answer.total} {answer.total === 1 ? 'entry' : 'entries'} · {bytes(answer.pluginBytes)} in all
          </p>
        )}
      </div>
      <Table
        caption="State entries"
        columns={COLUMNS}
        rows={answer?.items}
        rowKey={(entry) => JSON.stringify([entry.scope, entry.owner, entry.key])}
        problem={problem}
        empty={`${plugin ?? 'The plugin'} remembers nothing here. Plugins write state through ctx.state, if their manifest asks for it.`}
      />
      {answer !== undefined && (
        <MoreRows shown={answer.items.length} total={answer.total} onMore={() => setLimit(Math.min(1_000, limit + STEP))} />
      )}
    </Section>
  );
}
