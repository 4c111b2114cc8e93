import { z } from '@hono/zod-openapi';
import type { PluginStatus } from '../rollout/plugin-slot.js';
import type { AdminHost, AdminRoute } from './admin-host.js';
import { maskSecrets } from './mask-secrets.js';
import { trialSchema, trialView } from './trial-view.js';

const time = z.number().openapi({ description: 'Milliseconds since the epoch.' });

export const pluginSchema = z
  .object({
    route: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    version: z.string().optional(),
    origin: z.string().openapi({ description: 'Where its file is.' }),
    sha256: z.string(),
    bytes: z.number(),
    abi: z.enum(['framegate', 'otoroshi']),
    hooks: z.array(z.string()),
    grants: z.array(z.string()).openapi({ description: 'What it may do: `state:room`, `http:api.example.com`.' }),
    config: z.unknown().openapi({ description: 'Defaults filled in, secrets masked.' }),
    limits: z.unknown(),
    onFault: z.enum(['open', 'closed']),
    rejectStrategy: z.enum(['drop', 'close']),
    quarantinedUntil: time.optional(),
    waiting: z
      .object({ sha256: z.string(), version: z.string().optional(), beyond: z.array(z.string()) })
      .optional()
      .openapi({ description: 'A new version that asks for more than was approved.' }),
    refusal: z
      .object({ at: time, code: z.string(), message: z.string(), hint: z.string() })
      .optional()
      .openapi({ description: 'Why the last new version does not run.' }),
    probationUntil: time.optional().openapi({ description: 'Until then its faults bring the version before it back.' }),
    notKept: z
      .string()
      .optional()
      .openapi({ description: 'Why a restart would not know what runs now: it could not be written to plugins.folder.' }),
    trial: trialSchema.optional().openapi({ description: 'A version that is tried beside it, or was last.' }),
    history: z
      .array(
        z.object({
          sha256: z.string(),
          version: z.string().optional(),
          origin: z.string(),
          since: time,
          migration: z
            .object({ kind: z.enum(['migrated', 'restored']), from: z.string(), entries: z.number(), ms: z.number() })
            .optional()
            .openapi({ description: 'What became of the state when it took over; `ms`: frames have waited for it.' }),
          failed: z.string().optional(),
        }),
      )
      .openapi({ description: 'Versions that can be restored, the running one first.' }),
    stateBytes: z.number(),
    verdicts: z.record(z.string(), z.number()).openapi({ description: 'Other than a plain pass, by kind.' }),
    faults: z.record(z.string(), z.number()).openapi({ description: 'By code.' }),
    kills: z.number().openapi({ description: 'Threads killed for it, in all routes.' }),
    calls: z.array(z.object({ hook: z.string(), count: z.number(), meanMs: z.number() })),
  })
  .openapi('Plugin');

/** One plugin of a route, as the API shows it. */
export function pluginView(host: AdminHost, route: AdminRoute, status: PluginStatus): z.output<typeof pluginSchema> {
  const { spec, name, grants, waiting, history, trial, ...rest } = status;
  const { wasm, manifest, config, limits, policy } = spec;
  const health = route.chain?.health().find((plugin) => plugin.name === name);
  const counts = host.traffic.routes.get(route.name)?.plugins.get(name);
  const verdicts: Record<string, number> = {};
  for (const kinds of counts?.verdicts.values() ?? []) {
    for (const [kind, count] of Object.entries(kinds)) verdicts[kind] = (verdicts[kind] ?? 0) + count;
  }
  return {
    route: route.name,
    name,
    ...rest,
    bytes: wasm.length,
    abi: manifest === undefined ? 'otoroshi' : 'framegate',
    hooks: [...(health?.hooks ?? [])],
    grants: [...grants],
    config: maskSecrets(config),
    limits,
    ...policy,
    ...(health?.quarantinedUntil === undefined ? {} : { quarantinedUntil: health.quarantinedUntil }),
    ...(waiting && { waiting: { ...waiting, beyond: [...waiting.beyond] } }),
    ...(trial && { trial: trialView(trial) }),
    history: [...history],
    stateBytes: host.state.bytes(name),
    verdicts,
    faults: Object.fromEntries(counts?.faults ?? []),
    kills: host.engine.kills.get(name) ?? 0,
    calls: (health?.latencies ?? []).map(({ hook, count, sumMs }) => ({ hook, count, meanMs: count === 0 ? 0 : sumMs / count })),
  };
}
