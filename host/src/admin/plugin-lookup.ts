import { z } from '@hono/zod-openapi';
import type { PluginStatus } from '../rollout/plugin-slot.js';
import { notFound, unknownRoute } from './admin-error.js';
import type { AdminHost, AdminRoute } from './admin-host.js';
import { refuse } from './host-refusal.js';
import { type pluginSchema, pluginView } from './plugin-view.js';

/** A plugin's address in the API. */
export const pluginPlace = z.object({ route: z.string().min(1), name: z.string().min(1) });
type PluginPlace = z.output<typeof pluginPlace>;

/** The first digits of a version's SHA-256. */
export const digest = z.string().regex(/^[0-9a-f]{6,64}$/, 'Expected 6 to 64 hexadecimal digits');

export const useField = z
  .string()
  .min(1)
  .max(1_024)
  .optional()
  .openapi({ description: 'Another file or package, as in `use` of the configuration; plugins.folders says where files may lie.' });

export interface PluginLookup {
  /** Throws 404 if there is no such plugin. */
  find(place: PluginPlace): { readonly at: AdminRoute; readonly status: PluginStatus };
  /** Changes a plugin, and shows it as it is then. */
  change(place: PluginPlace, work: () => Promise<unknown>): Promise<z.output<typeof pluginSchema>>;
}

/** Finds the plugins of a host by their addresses. */
export function pluginLookup(host: AdminHost): PluginLookup {
  const find: PluginLookup['find'] = ({ route, name }) => {
    const at = host.routes.find((candidate) => candidate.name === route);
    const status = host.plugins
      .list()
      .get(route)
      ?.find((candidate) => candidate.name === name);
    if (at === undefined) throw unknownRoute(route, host.routes);
    if (status === undefined) throw notFound(`plugin "${name}" at the route "${route}"`);
    return { at, status };
  };
  return {
    find,
    change: async (place, work) => {
      find(place);
      await work().catch(refuse);
      const { at, status } = find(place);
      return pluginView(host, at, status);
    },
  };
}
