import { useDesk } from '../desk.js';
import { count, dayAndClock, shortDigest, versionName } from '../format.js';
import type { PluginInfo, PluginVersion } from '../model.js';

/** The versions that are kept, the running one first; one click brings an earlier one back. */
export function VersionList({ plugin, path }: { plugin: PluginInfo; path: string }) {
  const { api, may, run } = useDesk();
  const { name, history, sha256: running } = plugin;
  const restore = (version: PluginVersion) =>
    run(`${name} ${versionName(version)} runs again.`, () => api.post(`${path}/rollback`, { sha256: version.sha256 }));
  return (
    <div className="versions">
      <h3>Versions</h3>
      <ul>
        {history.map((version) => (
          <li key={version.sha256}>
            <span className="version-name">
              <b>{versionName(version)}</b> <code title={version.sha256}>{shortDigest(version.sha256)}</code>
            </span>
            <span className="muted">
              {version.sha256 === running ? 'runs since' : 'first ran'} {dayAndClock(version.since)}
              {version.migration !== undefined && <Migration of={version.migration} />}
              {version.failed !== undefined && <span className="bad"> · failed: {version.failed}</span>}
            </span>
            {version.sha256 === running ? (
              <span className="badge ok">running</span>
            ) : (
              may('operator') && (
                <button
                  type="button"
                  className="button small"
                  onClick={() => restore(version)}
                  aria-label={`Roll ${name} back to ${versionName(version)}`}
                >
                  Roll back
                </button>
              )
            )}
          </li>
        ))}
      </ul>
      {history.length < 2 && (
        <p className="fine-print">Replace the file: the new version is checked, swapped in on live connections, and listed here.</p>
      )}
    </div>
  );
}

/** What became of the state when a version took it over, and how long clients waited for that. */
function Migration({ of: { kind, entries, from, ms } }: { of: NonNullable<PluginVersion['migration']> }) {
  const what = `${count(entries)} ${entries === 1 ? 'entry' : 'entries'}`;
  const of = from === '' ? 'a version without a number' : `v${from}`;
  return (
    <>
      {' '}
      · {kind === 'migrated' ? `migrated ${what} of ${of}` : `restored ${what} that ${of} had changed`}; clients waited{' '}
      <span className="whole">{count(Math.ceil(ms))} ms</span>
    </>
  );
}
