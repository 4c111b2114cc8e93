import { describe, expect, it } from 'vitest';
import { configChange } from './config-change.js';
import { parseConfig } from './config-file.js';
import type { HostConfigInput } from './config-schema.js';

const route = { name: 'up', path: '/up', backend: { kind: 'upstream' as const, url: 'ws://localhost:1' }, plugins: [{ use: 'copypasta' }] };

function change(old: HostConfigInput, next: HostConfigInput) {
  const { restart, summary } = configChange(parseConfig(old), parseConfig(next));
  return { restart, summary };
}

describe('the change of a configuration', () => {
  it('is empty between two that say the same, one with its defaults written out', () => {
    expect(change({}, { log: { level: 'info' }, server: { page: true } })).toEqual({ restart: [], summary: [] });
  });

  it('names each path that needs a restart', () => {
    const next = {
      server: { port: 1 },
      engine: { breaker: { kills: 9 } },
      admin: {},
      routes: [{ ...route, backend: { ...route.backend, url: 'ws://localhost:2', notices: false } }],
    };
    expect([...change({ routes: [route] }, next).restart].sort()).toEqual([
      'admin',
      'engine.breaker.kills',
      'routes[0].backend.notices',
      'routes[0].backend.url',
      'server.port',
    ]);
  });

  it.each<[string, HostConfigInput, string[]]>([
    ['order', { routes: [{ ...route, plugins: [{ use: 'size-limit' }, ...route.plugins] }] }, ['route "up": plugins']],
    ['policy', { routes: [{ ...route, plugins: [{ use: 'copypasta', onFault: 'open' }] }] }, ['route "up": plugins']],
    ['a route', { routes: [route, { path: '/chat' }] }, ['route "/chat": added']],
    ['another route', { routes: [{ path: '/chat' }] }, ['route "/chat": added', 'route "up": removed']],
    ['the address', { routes: [{ ...route, path: '/elsewhere' }] }, ['route "up": address']],
    ['log and drain', { routes: [route], log: { level: 'debug' }, drain: { timeoutMs: 5 } }, ['log.level', 'drain.timeoutMs']],
  ])('says what is new: %s', (_, next, summary) => {
    expect(change({ routes: [route] }, next)).toEqual({ restart: [], summary });
  });
});
