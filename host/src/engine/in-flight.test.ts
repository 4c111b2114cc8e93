import { describe, expect, it } from 'vitest';
import { connectionContext } from '../../../test/support/plugin-calls.js';
import { InFlight, type InFlightFrame, type InFlightWipe } from './in-flight.js';

const CONTEXT = connectionContext({ handle: 1 });

interface OwnedFrame extends InFlightFrame {
  readonly owner: number;
}

function entry(owner: number): OwnedFrame {
  const frame = { kind: 'binary', payload: Uint8Array.of(owner) } as const;
  return {
    kind: 'frame',
    sequence: 0,
    owner,
    hook: 'on_request_message',
    frame,
    context: CONTEXT,
    order: 0,
    skips: [],
    traced: false,
    deaths: 0,
  };
}

function ownerOf(item: OwnedFrame | InFlightWipe): number {
  return item.kind === 'frame' ? item.owner : expect.fail('a frame was expected');
}

describe('InFlight', () => {
  it('gives frames back in the order of submission, over many more than it holds at a time', () => {
    const inFlight = new InFlight<OwnedFrame>();
    let pushed = 0;
    let shifted = 0;
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < 50; i++) inFlight.push(entry(pushed++));
      for (let i = 0; i < (round % 2 === 0 ? 20 : 80); i++) expect(ownerOf(inFlight.shift())).toBe(shifted++);
    }
    expect(inFlight.size).toBe(0);
    expect(pushed).toBe(shifted);
  });

  it('finds a frame by its sequence number until its result is taken', () => {
    const inFlight = new InFlight<OwnedFrame>();
    const entries = Array.from({ length: 5 }, (_, index) => entry(index));
    for (const item of entries) inFlight.push(item);
    expect(inFlight.find(3)).toBe(entries[3]);
    inFlight.shift();
    expect(inFlight.find(3)).toBe(entries[3]);
    expect(inFlight.find(0)).toBeUndefined();
    expect(inFlight.find(5)).toBeUndefined();
    expect([...inFlight].map(ownerOf)).toEqual([1, 2, 3, 4]);
  });

  it('throws when more is taken than was submitted', () => {
    expect(() => new InFlight<OwnedFrame>().shift()).toThrow('was not submitted');
  });
});
