import { describe, expect, it } from 'vitest';
import { get } from '../../../test/support/http-asking.js';
import type { HttpRequest, HttpResult } from './http-exchange.js';
import { HttpJournal } from './http-journal.js';

const response = (status: number): HttpResult => ({ kind: 'response', status, headers: {}, body: new Uint8Array(0) });
const journal = (...known: [plugin: string, request: HttpRequest, status: number][]): HttpJournal =>
  new HttpJournal({ startedAt: 5, exchanges: known.map(([plugin, request, status]) => ({ plugin, request, result: response(status) })) });

describe('HttpJournal', () => {
  it('answers what has been asked before, in whichever order, and waits for what has not', () => {
    const http = journal(['p', get('x:1'), 201], ['p', get('x:2'), 202]);
    expect([http.ask('p', get('x:2'), 9), http.ask('p', get('x:1'), 9)]).toEqual([response(202), response(201)]);
    expect(http.waiting).toBe(false);
    expect(http.ask('p', get('x:3'), 9)).toBeUndefined();
    expect(http.asks).toEqual([{ plugin: 'p', request: get('x:3') }]);
    expect(http.waiting).toBe(true);
  });

  it('tells plugins, methods and bodies apart, but no headers', () => {
    const http = journal(['p', get('x:1', { method: 'POST', body: Uint8Array.of(1), headers: { key: 'one' } }), 200]);
    expect(http.ask('q', get('x:1', { method: 'POST', body: Uint8Array.of(1) }), 9)).toBeUndefined();
    expect(http.ask('p', get('x:1', { body: Uint8Array.of(1) }), 9)).toBeUndefined();
    expect(http.ask('p', get('x:1', { method: 'POST', body: Uint8Array.of(2) }), 9)).toBeUndefined();
    expect(http.ask('p', get('x:1', { method: 'POST', body: Uint8Array.of(1), headers: { key: 'other' } }), 9)).toEqual(response(200));
  });

  it('uses an answer up: the same request made twice is two', () => {
    const http = journal(['p', get('x:1'), 201], ['p', get('x:1'), 202]);
    expect([1, 2, 3].map(() => http.ask('p', get('x:1'), 9))).toEqual([response(201), response(202), undefined]);
  });

  it('counts what a plugin has asked for in all runs of a frame', () => {
    const http = journal(['p', get('x:1'), 201], ['q', get('x:1'), 201]);
    expect(http.ask('p', get('x:2'), 2)).toBeUndefined();
    expect(http.ask('p', get('x:3'), 2)).toMatchObject({ kind: 'failed', message: expect.stringContaining('http.maxPerFrame') });
    expect(http.ask('p', get('x:1'), 2)).toEqual(response(201));
  });

  it('lets effects happen once the frame has its result', () => {
    const http = journal();
    const done: number[] = [];
    for (const number of [1, 2]) http.atResult(() => done.push(number));
    expect(done).toEqual([]);
    http.settle();
    http.settle();
    expect(done).toEqual([1, 2]);
  });
});
