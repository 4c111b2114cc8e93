import { useDesk } from '../desk.js';
import { count, dayAndClock, share, versionName } from '../format.js';
import type { PluginInfo, Trial } from '../model.js';
import { DifferenceList } from './difference-list.js';

/** Steps in which a share is raised. */
const STEPS = [1, 10, 50] as const;

/** A version that is tried beside the running one, or was last: how it fares, and what may be done with it. */
export function TrialPanel({ plugin, path }: { plugin: PluginInfo; path: string }) {
  const { may } = useDesk();
  const { trial, name } = plugin;
  if (trial === undefined) return null;
  const { stage, percent, ended, canary, shadow } = trial;
  const version = versionName(trial);
  return (
    <section className={ended?.failed === true ? 'trial bad' : 'trial'} aria-label={`Trial of ${name}`}>
      <h3>
        {version} <span className="badge version">{stage}</span>
      </h3>
      <p>
        {ended === undefined ? (
          stage === 'shadow' ? (
            `Sees the frames of ${percent} % of the connections since ${dayAndClock(trial.since)}, without any effect.`
          ) : (
            `Runs for ${percent} % of the connections since ${dayAndClock(trial.since)}; the others have ${versionName(plugin)}.`
          )
        ) : (
          <>
            {ended.failed ? <b>Stopped by itself: </b> : 'Ended: '}
            {ended.reason} ({dayAndClock(ended.at)}).
          </>
        )}
      </p>
      {shadow !== undefined && (
        <dl className="trial-figures">
          <Figure title="The same" value={shadow.compared === 0 ? '–' : share(shadow.same, shadow.compared)} />
          <Figure title="Compared" value={count(shadow.compared)} />
          <Figure title="Differ" value={count(shadow.different)} bad={shadow.different > 0} />
          <Figure title="Faults" value={count(shadow.faults)} bad={shadow.faults > 0} />
          <Figure title="Not compared" value={count(shadow.skipped)} />
          {shadow.withheld > 0 && <Figure title="Requests not sent" value={count(shadow.withheld)} />}
          {shadow.candidateMs !== undefined && shadow.runningMs !== undefined && shadow.runningMs > 0 && (
            <Figure title="Time a call" value={`× ${(shadow.candidateMs / shadow.runningMs).toFixed(2)}`} />
          )}
        </dl>
      )}
      {canary !== undefined && (
        <dl className="trial-figures">
          <Figure title="Frames" value={count(canary.frames)} />
          <Figure title="Faults" value={count(canary.faults)} bad={canary.faults > 0} />
        </dl>
      )}
      {ended === undefined && may('operator') && <Levers trial={trial} name={name} path={path} />}
      {shadow !== undefined && shadow.different > 0 && may('operator') && <DifferenceList path={path} name={name} />}
    </section>
  );
}

function Levers({ trial, name, path }: { trial: Trial; name: string; path: string }) {
  const { api, ask, run } = useDesk();
  const version = versionName(trial);
  const current = trial.stage === 'canary' ? trial.percent : 0;
  const promote = async () => {
    const consent = await ask({
      title: `Promote ${name} ${version}?`,
      text: 'It is swapped in for everybody, on live connections; for a while its faults bring the running version back.',
      confirm: 'Promote',
    });
    if (consent !== undefined) run(`${name} ${version} runs for everybody.`, () => api.post(`${path}/promote`));
  };
  return (
    <div className="card-actions">
      <fieldset className="steps">
        <legend>Run it for</legend>
        {STEPS.map((percent) => (
          <button
            key={percent}
            type="button"
            className="button small"
            aria-pressed={percent === current}
            aria-label={`Run ${name} ${version} for ${percent} % of the connections`}
            onClick={() =>
              run(`${name} ${version} runs for ${percent} % of the connections.`, () => api.post(`${path}/canary`, { percent }))
            }
          >
            {percent} %
          </button>
        ))}
      </fieldset>
      <button type="button" className="button small primary" onClick={() => void promote()} aria-label={`Promote ${name} ${version}…`}>
        Promote…
      </button>
      <button
        type="button"
        className="button small"
        onClick={() => run(`${name} ${version} is no longer tried.`, () => api.post(`${path}/abandon`))}
        aria-label={`Abandon ${name} ${version}`}
      >
        Abandon
      </button>
    </div>
  );
}

function Figure({ title, value, bad = false }: { title: string; value: string; bad?: boolean }) {
  return (
    <div className={bad ? 'bad' : undefined}>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  );
}
