import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ADMIN, KEYS, sample, startAdmin } from '../support/admin-client.js';
import { stopAfterEach } from '../support/hosts.js';

stopAfterEach();

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const read = (file: string): Promise<string> => readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

/** Figures and alerts, their page, and what the host really says. */
let page: string;
let rules: readonly AlertRule[];
/** Each metric's type and labels, as the page has them. */
let documented: ReadonlyMap<string, { readonly type: string; readonly labels: readonly string[] }>;

beforeAll(async () => {
  page = await read('operations.md');
  const { groups } = parse(await read('alerts.yml')) as { groups: { name: string; rules: AlertRule[] }[] };
  rules = groups.flatMap((group) => group.rules);
  const rows = page.matchAll(/^\| ((?:`framegate_\w+`(?:, )?)+) \| (gauge|counter|histogram)([^|]*)\|/gm);
  documented = new Map(
    Array.from(rows).flatMap(([, names = '', type = '', labels = '']) =>
      quoted(names).map((name) => [name, { type, labels: quoted(labels) }] as const),
    ),
  );
});

function quoted(text: string): string[] {
  return Array.from(text.matchAll(/`(\w+)`/g), ([, name = '']) => name);
}

async function exposed(): Promise<ReadonlyMap<string, string>> {
  const { admin } = await startAdmin();
  const text = await (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
  return new Map(Array.from(text.matchAll(/^# TYPE (framegate_\w+) (\w+)$/gm), ([, name = '', type = '']) => [name, type]));
}

describe('docs/operations.md', () => {
  it('has every figure that the host gives, with its type, and no other', async () => {
    const types = await exposed();
    expect(types.size).toBeGreaterThan(25);
    expect(new Map(Array.from(documented, ([name, { type }]) => [name, type]))).toEqual(types);
    const mentioned = new Set(Array.from(page.matchAll(/framegate_[a-z_]+[a-z]/g), ([name]) => name.replace(/_bucket$/, '')));
    expect([...mentioned].filter((name) => !types.has(name) && name !== 'framegate_admin')).toEqual([]);
  });

  it('says of every alert what it means, what to look at and what to do', () => {
    const sections = page.slice(page.indexOf('## When an alert fires')).matchAll(/^### (\w+)\n\n(.+)$/gm);
    const said = new Map(Array.from(sections, ([, name = '', text = '']) => [name, text]));
    expect([...said.keys()]).toEqual(rules.map(({ alert }) => alert));
    for (const [name, text] of said) expect(text, name).toMatch(/^[A-Z`].+ \*Look at:\* .+ \*Do:\* .+\.$/);
  });
});

describe('docs/alerts.yml', () => {
  it('names figures and labels that there are', () => {
    for (const { alert, expr } of rules) {
      const names = Array.from(expr.matchAll(/(framegate_\w+)(?:\{(.*?)\})?/g));
      expect(names.length, alert).toBeGreaterThan(0);
      for (const [, series = '', matchers = ''] of names) {
        const metric = documented.get(series.replace(/_(bucket|sum|count)$/, '')) ?? documented.get(series);
        expect(metric, `${alert}: ${series}`).toBeDefined();
        const labels = Array.from(matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g), ([, label = '']) => label);
        expect(
          labels.filter((label) => !metric?.labels.includes(label)),
          `${alert}: ${series}`,
        ).toEqual([]);
        expect(series.endsWith('_bucket'), `${alert}: ${series}`).toBe(metric?.type === 'histogram');
        if (metric?.type === 'counter') expect(expr, `${alert}: a counter only grows`).toMatch(/rate\(|increase\(/);
      }
    }
  });

  it('shows only labels that its expression leaves', () => {
    for (const { alert, expr, annotations } of rules) {
      const [, kept] = /sum by \(([\w, ]+)\)/.exec(expr) ?? [];
      const names = Array.from(expr.matchAll(/framegate_\w+/g), ([name]) => name.replace(/_bucket$/, ''));
      const labels = kept?.split(', ') ?? (/\bsum\(/.test(expr) ? [] : names.flatMap((name) => documented.get(name)?.labels ?? []));
      const shown = Array.from(annotations.summary.matchAll(/\$labels\.(\w+)/g), ([, label = '']) => label);
      expect(
        shown.filter((label) => !labels.includes(label)),
        alert,
      ).toEqual([]);
    }
  });

  it('is in the form that Prometheus reads, with a runbook for each', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, expr, for: wait = '0m', labels, annotations, ...rest } of rules) {
      expect(alert).toMatch(/^Framegate[A-Z][A-Za-z]+$/);
      expect([...expr].filter((character) => character === '(').length, alert).toBe(
        [...expr].filter((character) => character === ')').length,
      );
      expect(wait, alert).toMatch(/^\d+[smh]$/);
      expect(['info', 'warning', 'critical'], alert).toContain(labels.severity);
      expect(annotations.runbook, alert).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(rest, alert).toEqual({});
    }
  });
});

describe('counters whose increase an alert asks for', () => {
  it('are there before the first event: Prometheus sees no increase in what was not there', async () => {
    const { admin } = await startAdmin({ admin: { publicMetrics: true }, routes: [{ plugins: [{ use: 'size-limit' }] }] });
    const text = await (await fetch(`${admin}/metrics`)).text();
    const asked = rules.flatMap(({ alert, expr }) =>
      Array.from(expr.matchAll(/increase\((framegate_\w+)(?:\{(\w+)(=~?)"([^"]+)"\})?\[/g), ([, name = '', label, , value]) => ({
        alert,
        name,
        label,
        value,
      })),
    );
    expect(asked.length).toBeGreaterThan(6);
    for (const { alert, name, label, value } of asked) {
      const series = text.split('\n').filter((line) => line.startsWith(`${name}{`));
      const wanted = label === undefined ? series : series.filter((line) => new RegExp(`\\b${label}="(?:${value})"`).test(line));
      expect(wanted, `${alert}: ${name}`).not.toEqual([]);
      for (const line of wanted) expect(line, alert).toMatch(/ 0$/);
    }
  });
});

describe('figures of operators', () => {
  it('say what was asked of the admin listener, what was throttled, and what became of reloads', async () => {
    const { ask, admin, host } = await startAdmin({ admin: { publicMetrics: true, failuresPerMinute: 1 } });
    await ask('viewer', 'GET', '/status');
    await ask('viewer', 'POST', '/drain');
    await ask('operator', 'POST', '/bans', { kind: 'mute', subject: { by: 'name', value: 'x' } });
    await host.reload({
      server: { port: 0 },
      admin: { ...ADMIN, publicMetrics: true, failuresPerMinute: 1 },
      routes: [{}],
      log: { level: 'warn' },
    });
    await expect(host.reload({ routes: [{}] })).rejects.toMatchObject({ code: 'CONFIG_NEEDS_RESTART' });
    const text = await (await fetch(`${admin}/metrics`)).text();
    expect(sample(text, 'framegate_admin_requests_total{method="GET",status="200"}')).toBe(1);
    expect(sample(text, 'framegate_admin_requests_total{method="POST",status="403"}')).toBe(1);
    expect(sample(text, 'framegate_bans{kind="mute"}')).toBe(1);
    expect(sample(text, 'framegate_config_reloads_total{result="applied"}')).toBe(1);
    expect(sample(text, 'framegate_config_reloads_total{result="refused"}')).toBe(1);
    expect(sample(text, 'framegate_drain_remaining')).toBe(0);
  });

  it('count a request that was throttled, and methods that nothing has as one', async () => {
    const { admin } = await startAdmin({ admin: { publicMetrics: true, requestsPerMinute: 2 } });
    for (const method of ['PATCH', 'PROPFIND', 'GET']) await fetch(`${admin}/api/v1/status`, { method });
    const text = await (await fetch(`${admin}/metrics`)).text();
    expect(sample(text, 'framegate_admin_requests_total{method="other",status="401"}')).toBe(2);
    expect(sample(text, 'framegate_admin_requests_total{method="GET",status="429"}')).toBe(1);
  });
});
