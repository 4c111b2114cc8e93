import { type ReactNode, useId } from 'react';
import { pathOf } from '../api.js';
import { useDesk } from '../desk.js';
import { bytes, count, dayAndClock, shortDigest, versionName } from '../format.js';
import type { PluginInfo } from '../model.js';
import { Countdown } from './countdown.js';
import { Counts } from './counts.js';
import { TrialPanel } from './trial-panel.js';
import { VersionList } from './version-list.js';

/** One plugin of one route: what runs, what it did, and the levers. */
export function PluginCard({ plugin }: { plugin: PluginInfo }) {
  const { api, may, ask, run } = useDesk();
  const id = useId();
  const { name, route, enabled, quarantinedUntil, probationUntil, faults } = plugin;
  const path = `/plugins${pathOf(route, name)}`;
  const failed = Object.values(faults).some((times) => times > 0);

  const load = () =>
    run(`${name}: the new version runs.`, async () => {
      const after = await api.post<PluginInfo>(`${path}/load`);
      if (after.waiting !== undefined) return `${name}: the new version waits for an approval.`;
      return after.sha256 === plugin.sha256 ? `${name}: the file still has the version that runs.` : undefined;
    });

  const otherFile = async () => {
    const consent = await ask({
      title: `Another file for ${name}`,
      text: 'A path as the host sees it, in a folder that it takes plugin files from. It goes through every check first.',
      confirm: 'Go',
      choice: {
        label: 'What to do with it',
        options: [
          ['shadow', 'Shadow: compare it on live frames, without any effect'],
          ['canary', 'Canary: run it for 1 % of the connections'],
          ['load', 'Swap it in for everybody'],
        ],
      },
      input: { label: 'File', value: plugin.origin, maxLength: 1_024 },
    });
    if (consent === undefined) return;
    const done = {
      shadow: `${name}: a version runs in shadow.`,
      canary: `${name}: a version runs for 1 % of the connections.`,
      load: `${name}: the file was swapped in.`,
    }[consent.choice];
    run(done ?? '', () => api.post(`${path}/${consent.choice}`, { use: consent.input.trim() }));
  };

  return (
    <article className="card" aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id}>{name}</h2>
        <span className="badge version">{versionName(plugin)}</span>
        <span className="muted">{route}</span>
        {!enabled && <span className="badge warn">disabled</span>}
        {quarantinedUntil !== undefined && <span className="badge bad">quarantined</span>}
        {probationUntil !== undefined && <span className="badge warn">on probation</span>}
      </header>
      {quarantinedUntil !== undefined && (
        <div className="card-note bad">
          <p>
            It failed too often and is not run: its frames are {plugin.onFault === 'closed' ? 'dropped' : 'passed on unchecked'}. It comes
            back by itself in <Countdown until={quarantinedUntil} />.
          </p>
        </div>
      )}
      {probationUntil !== undefined && (
        <div className="card-note">
          <p>
            This version is new. If it fails within <Countdown until={probationUntil} />, the one before it comes back by itself.
          </p>
        </div>
      )}
      <WaitingVersion plugin={plugin} path={path} />
      {plugin.refusal !== undefined && (
        <div className="card-note bad">
          <p>
            <b>The last new version does not run</b> ({plugin.refusal.code}, {dayAndClock(plugin.refusal.at)}).
          </p>
          <p>{plugin.refusal.message}</p>
          <p className="fine-print">{plugin.refusal.hint}</p>
        </div>
      )}
      {plugin.notKept !== undefined && (
        <div className="card-note">
          <p>
            <b>A restart would not know what runs now</b>: it cannot be written to <code>plugins.folder</code>.
          </p>
          <p className="fine-print">{plugin.notKept}</p>
        </div>
      )}
      <dl className="facts">
        <Fact title="Verdicts">
          <Counts of={plugin.verdicts} none="only passes" />
        </Fact>
        <Fact title="Faults">
          <Counts of={faults} />
        </Fact>
        {plugin.kills > 0 && <Fact title="Killed at its deadline">{count(plugin.kills)} ×</Fact>}
        <Fact title="May">
          {plugin.grants.length === 0 ? <span className="muted">nothing but look at frames</span> : <Grants of={plugin.grants} />}
        </Fact>
        <Fact title="State">{bytes(plugin.stateBytes)}</Fact>
        <Fact title="If it fails">{plugin.onFault === 'closed' ? 'frames are dropped' : 'frames pass unchecked'}</Fact>
        <Fact title="File">
          <span className="path">{plugin.origin}</span> <span className="whole">{bytes(plugin.bytes)}</span>,{' '}
          <code title={plugin.sha256}>{shortDigest(plugin.sha256)}</code>
        </Fact>
      </dl>
      {may('operator') && (
        <div className="card-actions">
          <button type="button" className="button small" onClick={load} aria-label={`Load the file of ${name} again`}>
            Load file again
          </button>
          <button
            type="button"
            className="button small"
            onClick={() => void otherFile()}
            aria-label={`Try or load another file for ${name}…`}
          >
            Another file…
          </button>
          {(quarantinedUntil !== undefined || failed) && (
            <button
              type="button"
              className="button small"
              onClick={() => run(`${name}: faults forgotten.`, () => api.post(`${path}/reset`))}
              aria-label={`Reset ${name}: end its quarantine and forget its faults`}
            >
              {quarantinedUntil === undefined ? 'Reset breaker' : 'End quarantine'}
            </button>
          )}
          <button
            type="button"
            className="button small"
            onClick={() =>
              run(enabled ? `${name} is disabled.` : `${name} is enabled.`, () => api.post(`${path}/${enabled ? 'disable' : 'enable'}`))
            }
            aria-label={`${enabled ? 'Disable' : 'Enable'} ${name}`}
          >
            {enabled ? 'Disable' : 'Enable'}
          </button>
        </div>
      )}
      <TrialPanel plugin={plugin} path={path} />
      <VersionList plugin={plugin} path={path} />
    </article>
  );
}

/** A version that asks for more than was agreed to. Only an admin can say yes. */
function WaitingVersion({ plugin, path }: { plugin: PluginInfo; path: string }) {
  const { api, may, ask, run } = useDesk();
  const { waiting, name } = plugin;
  if (waiting === undefined) return null;
  const title = `${name} ${versionName(waiting)}`;
  const approve = async () => {
    const consent = await ask({
      title: `Approve ${title}?`,
      text: `From then on it may also: ${waiting.beyond.join(', ')}. It is swapped in at once, on live connections.`,
      confirm: 'Approve and swap in',
    });
    if (consent !== undefined) run(`${title} runs.`, () => api.post(`${path}/approve`, { sha256: waiting.sha256 }));
  };
  return (
    <div className="card-note">
      <p>
        <b>{versionName(waiting)} waits for an approval.</b> It asks for more than the version that runs: <Grants of={waiting.beyond} />
      </p>
      {may('admin') ? (
        <button type="button" className="button small primary" onClick={() => void approve()} aria-label={`Approve ${title}…`}>
          Approve…
        </button>
      ) : (
        <p className="fine-print">Somebody with the role admin can approve it.</p>
      )}
    </div>
  );
}

function Grants({ of }: { of: readonly string[] }) {
  return (
    <span className="counts">
      {of.map((grant) => (
        <code key={grant} className="count">
          {grant}
        </code>
      ))}
    </span>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
