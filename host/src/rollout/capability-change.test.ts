import { describe, expect, it } from 'vitest';
import { manifestOf } from '../../../test/support/wat-guest.js';
import { beyond, grantsOf } from './capability-change.js';

const asking = (http: string[], httpOptional?: string[]) =>
  grantsOf(manifestOf(['on_request_message'], { capabilities: { state: ['room'], http, ...(httpOptional && { httpOptional }) } }));

describe('what a plugin asks for', () => {
  it('is the hosts that it can do without, too, each once', () => {
    expect(asking(['a.test'], ['*.b.test', 'a.test'])).toEqual(['http:*.b.test', 'http:a.test', 'state:room']);
    expect(asking([], [])).toEqual(['state:room']);
  });

  it('grows by an optional host, and not by one that becomes optional or required', () => {
    expect(beyond(asking(['a.test'], ['b.test']), asking(['a.test']))).toEqual(['http:b.test']);
    expect(beyond(asking([], ['a.test']), asking(['a.test']))).toEqual([]);
    expect(beyond(asking(['a.test']), asking([], ['a.test']))).toEqual([]);
    expect(beyond(asking(['a.test']), asking(['a.test'], ['b.test']))).toEqual([]);
  });

  it('is state of scope plugin for a module that cannot ask', () => {
    expect(grantsOf(undefined)).toEqual(['state:plugin']);
  });
});
