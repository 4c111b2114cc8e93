import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesBelow } from '../scripts/fresh.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface SourceFile {
  /** Path from the repository's root. */
  readonly path: string;
  /** Specifiers as written; relative ones resolved to paths from the root. */
  readonly imports: readonly string[];
}

const SPECIFIER = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)(['"])([^'"\n]+)\1/g;

function read(folder: string): SourceFile[] {
  return (filesBelow(join(root, folder)) as string[])
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => {
      const imports = [...readFileSync(file, 'utf8').matchAll(SPECIFIER)].map(([, , specifier = '']) =>
        specifier.startsWith('.') ? relative(root, resolve(dirname(file), specifier)).replace(/\.js$/, '.ts') : specifier,
      );
      return { path: relative(root, file), imports };
    });
}

const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);
const host = read('host/src').filter(({ path }) => !isTest(path));
const sdk = read('sdk/src').filter(({ path }) => !isTest(path));
const plugins = read('plugins');

/** Every import that breaks a rule, as `file → specifier`. */
function offenders(files: readonly SourceFile[], breaks: (specifier: string, path: string) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((specifier) => breaks(specifier, path)).map((specifier) => `${path} → ${specifier}`),
  );
}

const isPackage = (specifier: string, name: string): boolean => specifier === name || specifier.startsWith(`${name}/`);

describe('import directions', () => {
  it('finds the sources it judges', () => {
    expect(host.length).toBeGreaterThan(20);
    expect(sdk.length).toBeGreaterThan(20);
    expect(plugins.length).toBeGreaterThan(5);
  });

  it('frame, verdict, errors and close-codes import nothing but each other', () => {
    const base = ['frame', 'verdict', 'errors', 'close-codes'].map((name) => `host/src/${name}.ts`);
    expect(
      offenders(
        host.filter(({ path }) => base.includes(path)),
        (specifier) => !base.includes(specifier),
      ),
    ).toEqual([]);
  });

  it('the pipeline knows a Plugin interface, never an engine, Wasm or a socket', () => {
    const allowed = (specifier: string): boolean =>
      isPackage(specifier, '@framegate/sdk') ||
      specifier.startsWith('host/src/pipeline/') ||
      specifier.startsWith('host/src/state/') ||
      ['host/src/frame.ts', 'host/src/verdict.ts', 'host/src/errors.ts', 'host/src/close-codes.ts'].includes(specifier);
    expect(
      offenders(
        host.filter(({ path }) => path.startsWith('host/src/pipeline/')),
        (specifier) => !allowed(specifier),
      ),
    ).toEqual([]);
  });

  it('@extism/extism stands in one file', () => {
    const users = host.filter(({ imports }) => imports.some((specifier) => isPackage(specifier, '@extism/extism')));
    expect(users.map(({ path }) => path)).toEqual(['host/src/engine/wasm/extism-plugin.ts']);
  });

  it('ws stands at the edge only', () => {
    expect(
      offenders(
        host,
        (specifier, path) => isPackage(specifier, 'ws') && !path.startsWith('host/src/gateway/') && !basename(path).startsWith('upstream'),
      ),
    ).toEqual([]);
  });

  it('nothing but the composition root and the schema of the configuration knows the admin API', () => {
    const outside = host.filter(({ path }) => !path.startsWith('host/src/admin/') && path !== 'host/src/host.ts');
    expect(offenders(outside, (specifier) => specifier.startsWith('host/src/admin/'))).toEqual([
      'host/src/config/config-schema.ts → host/src/admin/admin-options.ts',
    ]);
  });

  it('web frameworks, Prometheus and OpenTelemetry stand in their folders', () => {
    const homes = {
      hono: 'host/src/admin/',
      '@hono/node-server': 'host/src/admin/',
      '@hono/zod-openapi': 'host/src/admin/',
      'rate-limiter-flexible': 'host/src/admin/',
      'prom-client': 'host/src/metrics/exposition.ts',
      '@opentelemetry/api': 'host/src/telemetry/tracer-otlp.ts',
      '@opentelemetry/resources': 'host/src/telemetry/tracer-otlp.ts',
      '@opentelemetry/sdk-trace-base': 'host/src/telemetry/tracer-otlp.ts',
      '@opentelemetry/exporter-trace-otlp-http': 'host/src/telemetry/tracer-otlp.ts',
    };
    expect(
      offenders(host, (specifier, path) =>
        Object.entries(homes).some(([name, home]) => isPackage(specifier, name) && !path.startsWith(home)),
      ),
    ).toEqual([]);
  });

  it('databases stand only in the files named after them', () => {
    const homes = { redis: /-redis\.ts$/, pg: /-postgres\.ts$/, libsql: /-sqlite\.ts$/ };
    expect(
      offenders(host, (specifier, path) => Object.entries(homes).some(([name, home]) => isPackage(specifier, name) && !home.test(path))),
    ).toEqual([]);
  });

  it('the host imports the ABI of the sdk and nothing else of ours', () => {
    expect(offenders(host, (specifier) => specifier.startsWith('@framegate/') && specifier !== '@framegate/sdk/abi')).toEqual([]);
  });

  it('the sdk imports the public face of the host, in its test harness and its commands only', () => {
    const mayUseHost = (path: string): boolean => path.startsWith('sdk/src/testing/') || path.startsWith('sdk/src/cli/');
    expect(
      offenders(
        sdk,
        (specifier, path) => isPackage(specifier, '@framegate/host') && (specifier !== '@framegate/host' || !mayUseHost(path)),
      ),
    ).toEqual([]);
  });

  it('guest code imports nothing that a guest does not have', () => {
    // Of the prelude: it is bundled into the cores, without a dependency of its own.
    const library = '@noble/hashes';
    expect(
      offenders(
        sdk.filter(
          ({ path }) =>
            path.startsWith('sdk/src/guest/') ||
            path.startsWith('sdk/src/text/') ||
            path.startsWith('sdk/src/abi/') ||
            path === 'sdk/src/index.ts',
        ),
        (specifier) =>
          !specifier.startsWith('sdk/src/guest/') &&
          !specifier.startsWith('sdk/src/text/') &&
          !specifier.startsWith('sdk/src/abi/') &&
          !isPackage(specifier, library),
      ),
    ).toEqual([]);
  });

  it('plugins import the sdk, their own folder, test tools, and the library that is bundled into one of them', () => {
    const tools = ['vitest', 'fast-check', '@framegate/sdk', '@framegate/sdk/text', '@framegate/sdk/testing'];
    const bundled: Readonly<Record<string, string>> = { 'plugins/json-schema': '@cfworker/json-schema' };
    /** What a plugin's tests hold it against. */
    const compared: Readonly<Record<string, string>> = { 'plugins/json-path': 'json-p3' };
    expect(
      offenders(plugins, (specifier, path) => {
        const folder = path.split('/').slice(0, 2).join('/');
        if (specifier.startsWith('plugins/')) return !specifier.startsWith(`${folder}/`);
        if (isTest(path) && (specifier.startsWith('node:') || specifier === compared[folder])) return false;
        return !tools.includes(specifier) && specifier !== bundled[folder];
      }),
    ).toEqual([]);
  });

  it('there is no cycle', () => {
    const graph = new Map([...host, ...sdk].map(({ path, imports }) => [path, imports]));
    const finished = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      else if (!finished.has(path)) {
        for (const next of graph.get(path) ?? []) if (graph.has(next)) visit(next, [...trail, path]);
        finished.add(path);
      }
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('there is no utils.ts, and no barrel but a package entry', () => {
    const entries = [
      'host/src/index.ts',
      'sdk/src/index.ts',
      'sdk/src/abi/index.ts',
      'sdk/src/compiler/index.ts',
      'sdk/src/testing/index.ts',
      'sdk/src/text/index.ts',
    ];
    const paths = [...host, ...sdk, ...plugins].map(({ path }) => path);
    expect(paths.filter((path) => /^(utils?|helpers?|common|misc)\.ts$/.test(basename(path)))).toEqual([]);
    expect(paths.filter((path) => basename(path) === 'index.ts' && !entries.includes(path))).toEqual([]);
  });
});
