import { PluginCard } from '../components/plugin-card.js';
import { useList } from '../hooks/use-list.js';
import type { PluginInfo } from '../model.js';

/** Every plugin with its versions, in the order of the chains. */
export function PluginsView() {
  const { answer, problem } = useList<{ readonly items: readonly PluginInfo[] }>('/plugins');
  return (
    <>
      {problem !== undefined && <p className="problem">{problem}</p>}
      {answer === undefined && problem === undefined && <p className="empty">Loading…</p>}
      {answer?.items.length === 0 && (
        <p className="empty">No plugin runs on this host. Add one to a route’s “plugins” in the configuration, and start it again.</p>
      )}
      <div className="cards">
        {answer?.items.map((plugin) => (
          <PluginCard key={`${plugin.route}\n${plugin.name}`} plugin={plugin} />
        ))}
      </div>
    </>
  );
}
