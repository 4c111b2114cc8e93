import { Counter, collectDefaultMetrics, Gauge, Histogram, type MetricType, Registry } from 'prom-client';
import { LATENCY_BOUNDS_MS } from '../engine/latency.js';
import { HTTP_BOUNDS_MS, type HttpCounts } from '../http/http-meter.js';
import type { RolloutEvent } from '../rollout/rollout-event.js';
import type { TrialStatus } from '../rollout/trial-status.js';
import type { MetricSources } from './metric-sources.js';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** What can become of a change of a plugin. */
const ROLLOUTS = Object.keys({
  'plugin-swapped': 0,
  'plugin-refused': 0,
  'plugin-waiting': 0,
  'version-not-kept': 0,
  'plugin-rolled-back': 0,
  'plugin-switched': 0,
  'plugin-migrated': 0,
  'plugin-trial-started': 0,
  'plugin-trial-ended': 0,
} satisfies Record<RolloutEvent['kind'], 0>);

/** Of the whole process: made once, whatever the number of hosts in it. */
let processRegistry: Registry | undefined;

/**
 * The figures of one host as Prometheus reads them. Every one of them is described in docs/operations.md. A counter whose increase an alert asks
 * for is there at 0 before the first event: Prometheus takes the first value that it sees for where a counter began.
 */
export class Exposition {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  /** Read at every scrape: routes come and go. */
  readonly #sources: MetricSources;

  constructor(sources: MetricSources) {
    this.#sources = sources;
    this.#host();
    this.#frames();
    this.#plugins();
    this.#versions();
    this.#connections();
    this.#chat();
    this.#engine();
    this.#operators();
  }

  async text(): Promise<string> {
    if (processRegistry === undefined) {
      processRegistry = new Registry();
      collectDefaultMetrics({ register: processRegistry });
    }
    return `${await this.#registry.metrics()}\n${await processRegistry.metrics()}`;
  }

  #host(): void {
    const { version, drainStatus } = this.#sources;
    this.#gauge('framegate_info', 'Always 1; says which version runs.', ['version'], () => [[{ version }, 1]]);
    this.#gauge('framegate_draining', '1 from the start of a graceful stop on.', [], () => [
      [{}, drainStatus().phase === 'serving' ? 0 : 1],
    ]);
    this.#gauge('framegate_drain_remaining', 'Connections that a graceful stop still has to close; 0 before it.', [], () => {
      const { phase, remaining } = drainStatus();
      return [[{}, phase === 'serving' ? 0 : remaining]];
    });
  }

  #frames(): void {
    const { routes } = this.#sources.traffic;
    const byDirection = (key: 'frames' | 'bytes' | 'framesOut') => (): Sample[] =>
      [...routes].flatMap(([route, { frames }]) =>
        (['request', 'response'] as const).map((direction): Sample => [{ route, direction }, frames[direction][key]]),
      );
    const labels = ['route', 'direction'];
    this.#counter('framegate_frames_total', 'Frames that came in, before the plugins.', labels, byDirection('frames'));
    this.#counter('framegate_frame_bytes_total', 'Payload bytes of those frames.', labels, byDirection('bytes'));
    this.#counter('framegate_frames_out_total', 'Frames that went out, after the plugins.', labels, byDirection('framesOut'));
    this.#counter('framegate_frames_lost_total', 'Frames that a backend did not take before its connection ended.', ['route'], () =>
      [...routes].map(([route, { lost }]) => [{ route }, lost]),
    );
  }

  #plugins(): void {
    const { traffic, engine, state } = this.#sources;
    const health = () =>
      this.#sources.routes.flatMap(({ name: route, chain }) => (chain?.health() ?? []).map((plugin) => ({ route, ...plugin })));
    const none = () => health().map(({ name }) => [name, 0] as const);
    const counts = () =>
      [...traffic.routes].flatMap(([route, meter]) => [...meter.plugins].map(([plugin, count]) => ({ route, plugin, count })));
    this.#counter('framegate_verdicts_total', 'Verdicts other than a plain pass.', ['route', 'plugin', 'hook', 'kind'], () =>
      counts().flatMap(({ route, plugin, count }) =>
        [...count.verdicts].flatMap(([hook, kinds]) =>
          Object.entries(kinds).map(([kind, value]): Sample => [{ route, plugin, hook, kind }, value]),
        ),
      ),
    );
    this.#counter('framegate_plugin_faults_total', 'Frames on which a plugin failed.', ['route', 'plugin', 'code'], () =>
      counts().flatMap(({ route, plugin, count }) => [...count.faults].map(([code, value]): Sample => [{ route, plugin, code }, value])),
    );
    this.#counter('framegate_deadline_kills_total', 'Threads killed because a plugin ran past its deadline.', ['plugin'], () =>
      [...none(), ...engine.kills].map(([plugin, value]) => [{ plugin }, value]),
    );
    this.#counter('framegate_quarantines_total', 'Times that a plugin was quarantined.', ['plugin'], () =>
      [...none(), ...engine.quarantines].map(([plugin, value]) => [{ plugin }, value]),
    );
    this.#gauge('framegate_plugin_quarantined', '1 while a plugin is quarantined.', ['route', 'plugin'], () =>
      health().map(({ route, name: plugin, quarantinedUntil }) => [{ route, plugin }, quarantinedUntil === undefined ? 0 : 1]),
    );
    this.#gauge('framegate_state_bytes', "Bytes of a plugin's state, keys and values.", ['plugin'], () =>
      [...new Set(health().map(({ name }) => name))].map((plugin) => [{ plugin }, state.bytes(plugin)]),
    );
    this.#histogram(
      'framegate_plugin_call_seconds',
      "How long plugins' calls took, for those that ended.",
      ['route', 'plugin', 'hook'],
      LATENCY_BOUNDS_MS,
      () =>
        health().flatMap(({ route, name: plugin, latencies }) =>
          latencies.map(({ hook, ...latency }) => ({ labels: { route, plugin, hook }, ...latency })),
        ),
    );
    this.#http(() => health().flatMap(({ route, name: plugin, http }) => (http === undefined ? [] : [{ route, plugin, http }])));
  }

  #http(each: () => readonly { readonly route: string; readonly plugin: string; readonly http: HttpCounts }[]): void {
    this.#counter(
      'framegate_plugin_http_requests_total',
      "Plugins' HTTP requests, by what came of them.",
      ['route', 'plugin', 'result'],
      () =>
        each().flatMap(({ route, plugin, http }) => [...http.results].map(([result, value]): Sample => [{ route, plugin, result }, value])),
    );
    this.#counter(
      'framegate_plugin_http_bytes_total',
      'Bytes of the bodies of those requests and their responses.',
      ['route', 'plugin', 'direction'],
      () =>
        each().flatMap(({ route, plugin, http }): Sample[] => [
          [{ route, plugin, direction: 'sent' }, http.sentBytes],
          [{ route, plugin, direction: 'received' }, http.receivedBytes],
        ]),
    );
    this.#histogram(
      'framegate_plugin_http_seconds',
      'How long those requests took, waiting for their turn included.',
      ['route', 'plugin'],
      HTTP_BOUNDS_MS,
      () =>
        each().map(({ route, plugin, http: { buckets, sumMs } }) => ({
          labels: { route, plugin },
          buckets,
          count: buckets.reduce((sum, count) => sum + count, 0),
          sumMs,
        })),
    );
  }

  #versions(): void {
    const { rollout, plugins } = this.#sources;
    const each = () =>
      [...plugins.list()].flatMap(([route, statuses]) => statuses.map((status) => ({ route, plugin: status.name, status })));
    this.#gauge(
      'framegate_plugin_info',
      '1 for the version that runs; 0 while it is disabled.',
      ['route', 'plugin', 'version', 'sha256'],
      () =>
        each().map(({ route, plugin, status: { version = '', sha256, enabled } }) => [{ route, plugin, version, sha256 }, enabled ? 1 : 0]),
    );
    this.#gauge('framegate_plugin_waiting', '1 while a new version waits for approval.', ['route', 'plugin'], () =>
      each().map(({ route, plugin, status }) => [{ route, plugin }, status.waiting === undefined ? 0 : 1]),
    );
    this.#gauge('framegate_plugin_refused', '1 while the last new version is one that was refused.', ['route', 'plugin'], () =>
      each().map(({ route, plugin, status }) => [{ route, plugin }, status.refusal === undefined ? 0 : 1]),
    );
    this.#trials(() => each().flatMap(({ route, plugin, status: { trial } }) => (trial === undefined ? [] : [{ route, plugin, trial }])));
    this.#counter('framegate_plugin_rollouts_total', 'Changes of plugins, by what became of them.', ['route', 'plugin', 'result'], () =>
      [...each().flatMap(({ route, plugin }) => ROLLOUTS.map((kind) => ({ route, plugin, kind, count: 0 }))), ...rollout.counts].map(
        ({ route, plugin, kind, count }) => [{ route, plugin, result: kind.replace('plugin-', '') }, count],
      ),
    );
    this.#counter(
      'framegate_plugin_migrated_entries_total',
      "Entries of plugins' state that a new version migrated, or a rollback restored.",
      ['route', 'plugin', 'result'],
      () => [...rollout.migrations].map(({ route, plugin, taken, entries }) => [{ route, plugin, result: taken }, entries]),
    );
    this.#counter(
      'framegate_plugin_migration_wait_seconds_total',
      'Seconds that frames have waited for that.',
      ['route', 'plugin', 'result'],
      () => [...rollout.migrations].map(({ route, plugin, taken, waited }) => [{ route, plugin, result: taken }, waited]),
    );
  }

  #trials(each: () => { readonly route: string; readonly plugin: string; readonly trial: TrialStatus }[]): void {
    const labels = ['route', 'plugin'];
    this.#gauge(
      'framegate_plugin_trial_percent',
      'Share of the connections on which a version is tried.',
      [...labels, 'stage', 'version', 'sha256'],
      () =>
        each().flatMap(({ route, plugin, trial: { stage, version = '', sha256, percent, ended } }) =>
          ended === undefined ? [[{ route, plugin, stage, version, sha256 }, percent]] : [],
        ),
    );
    const shadows = () =>
      each().flatMap(({ route, plugin, trial: { shadow } }) => (shadow === undefined ? [] : [{ labels: { route, plugin }, shadow }]));
    this.#counter(
      'framegate_shadow_frames_total',
      'Frames that a version in shadow saw, by how it compares with the running one.',
      [...labels, 'result'],
      () =>
        shadows().flatMap(({ labels, shadow }) =>
          (['same', 'different', 'skipped'] as const).map((result): Sample => [{ ...labels, result }, shadow[result]]),
        ),
    );
    this.#counter('framegate_shadow_differences_total', 'Frames on which the versions differ, by what differs.', [...labels, 'in'], () =>
      shadows().flatMap(({ labels, shadow }) => Object.entries(shadow.by).map(([what, value]): Sample => [{ ...labels, in: what }, value])),
    );
    this.#counter(
      'framegate_shadow_http_withheld_total',
      'HTTP requests of a version in shadow that were not sent: the running version had not made them.',
      labels,
      () => shadows().map(({ labels, shadow }) => [labels, shadow.withheld]),
    );
    const canaries = () =>
      each().flatMap(({ route, plugin, trial: { canary } }) => (canary === undefined ? [] : [{ labels: { route, plugin }, canary }]));
    this.#counter('framegate_canary_frames_total', 'Frames of connections that run a canary.', labels, () =>
      canaries().map(({ labels, canary }) => [labels, canary.frames]),
    );
    this.#counter('framegate_canary_faults_total', 'Frames on which a canary failed.', labels, () =>
      canaries().map(({ labels, canary }) => [labels, canary.faults]),
    );
    this.#counter('framegate_shadow_faults_total', 'Frames on which a version in shadow failed.', labels, () =>
      shadows().map(({ labels, shadow }) => [labels, shadow.faults]),
    );
  }

  #connections(): void {
    const { traffic, directory } = this.#sources;
    const each = () => [...directory.connections];
    const sum = (route: string, value: (connection: ReturnType<typeof each>[number]) => number): number =>
      each().reduce((total, connection) => (connection.context.route === route ? total + value(connection) : total), 0);
    this.#gauge('framegate_connections', 'Connections that there are.', ['route'], () =>
      Array.from(traffic.routes.keys(), (route): Sample => [{ route }, sum(route, () => 1)]),
    );
    this.#counter('framegate_connections_total', 'Connections that there have been.', ['route'], () =>
      [...traffic.routes].map(([route, { connections }]) => [{ route }, connections]),
    );
    this.#counter('framegate_connections_closed_total', 'Connections that ended, by close code.', ['route', 'code'], () =>
      [...traffic.routes].flatMap(([route, { closes }]) =>
        [...closes].map(([code, value]): Sample => [{ route, code: String(code) }, value]),
      ),
    );
    this.#counter('framegate_connections_refused_total', 'Clients that were not let in.', ['reason'], () =>
      Object.entries(traffic.refused).map(([reason, value]) => [{ reason }, value]),
    );
    this.#gauge('framegate_queue_bytes', 'Bytes that wait.', ['route', 'queue'], () =>
      Array.from(traffic.routes.keys()).flatMap((route): Sample[] => [
        [{ route, queue: 'request' }, sum(route, ({ pendingBytes }) => pendingBytes)],
        [{ route, queue: 'response' }, sum(route, ({ queuedBytes }) => queuedBytes)],
        [{ route, queue: 'plugins' }, this.#sources.routes.find(({ name }) => name === route)?.chain?.inFlightBytes ?? 0],
      ]),
    );
  }

  #chat(): void {
    const chats = () => this.#sources.routes.flatMap(({ name: route, chat }) => (chat === undefined ? [] : [{ route, chat }]));
    this.#gauge('framegate_rooms', 'Rooms of a chat.', ['route'], () => chats().map(({ route, chat }) => [{ route }, chat.rooms().length]));
    this.#gauge('framegate_room_members', 'Members of all rooms of a chat together.', ['route'], () =>
      chats().map(({ route, chat }) => [{ route }, chat.rooms().reduce((total, { members }) => total + members, 0)]),
    );
  }

  #engine(): void {
    const { engine } = this.#sources;
    this.#counter('framegate_engine_threads_total', 'Engine threads that started, were killed, or died by themselves.', ['event'], () => [
      [{ event: 'started' }, engine.started],
      [{ event: 'killed' }, [...engine.kills.values()].reduce((total, kills) => total + kills, 0)],
      [{ event: 'died' }, engine.died],
    ]);
  }

  #operators(): void {
    const { admin, reloads, bans, now } = this.#sources;
    this.#counter('framegate_admin_requests_total', 'Requests to the admin listener; 429: throttled.', ['method', 'status'], () =>
      Array.from(admin.counts, ({ method, status, count }) => [{ method, status: String(status) }, count]),
    );
    this.#counter('framegate_config_reloads_total', 'Reloads of the configuration, by what became of them.', ['result'], () =>
      Object.entries(reloads).map(([result, value]) => [{ result }, value]),
    );
    this.#gauge('framegate_bans', 'Bans and mutes that are not over.', ['kind'], () =>
      (['ban', 'mute'] as const).map((kind) => [{ kind }, bans.list(now()).filter((ban) => ban.kind === kind).length]),
    );
  }

  #histogram(name: string, help: string, labelNames: string[], boundsMs: readonly number[], read: () => readonly HistogramSample[]): void {
    this.#registry.registerMetric(new CountedHistogram({ name, help, labelNames }, boundsMs, read));
  }

  #counter(name: string, help: string, labelNames: string[], read: () => readonly Sample[]): void {
    this.#registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset();
          // Samples of the same labels add up.
          for (const [labels, value] of read()) this.inc(labels, value);
        },
      }),
    );
  }

  #gauge(name: string, help: string, labelNames: string[], read: () => readonly Sample[]): void {
    this.#registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.set(labels, value);
        },
      }),
    );
  }
}

interface HistogramSample {
  readonly labels: Labels;
  /** One count for each bound, not added up, and one for what is above. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumMs: number;
}

/** Counted elsewhere: only its answer to a scrape is made here. */
class CountedHistogram extends Histogram {
  readonly #about: { readonly name: string; readonly help: string };
  readonly #bounds: readonly string[];
  readonly #read: () => readonly HistogramSample[];

  constructor(
    about: { name: string; help: string; labelNames: string[] },
    boundsMs: readonly number[],
    read: () => readonly HistogramSample[],
  ) {
    super({ ...about, registers: [] });
    this.#about = about;
    this.#bounds = [...boundsMs.map((ms) => String(ms / 1000)), '+Inf'];
    this.#read = read;
  }

  override async get(): ReturnType<Histogram['get']> {
    const { name, help } = this.#about;
    const values = this.#read().flatMap(({ labels, buckets, count, sumMs }) => {
      let total = 0;
      return [
        ...buckets.map((bucket, index) => {
          total += bucket;
          return { metricName: `${name}_bucket`, labels: { ...labels, le: this.#bounds[index] ?? '' }, value: total };
        }),
        { metricName: `${name}_sum`, labels, value: sumMs / 1000 },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { name, help, type: 'histogram' as unknown as MetricType, aggregator: 'sum', values, collect: () => {} };
  }

  /** What the registry asks for where there is such a method; the types do not have it. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }
}
