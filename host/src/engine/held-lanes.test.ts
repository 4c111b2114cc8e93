import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldLanes, laneOf } from './held-lanes.js';

interface Frame {
  readonly lane: string;
  readonly order: number;
}

const frame = (lane: string, order: number): Frame => ({ lane, order });

describe('HeldLanes', () => {
  it('keeps what comes behind a frame that is held, of its lane alone, and gives it back in order', () => {
    const held = new HeldLanes<Frame>(({ lane }) => lane);
    const head = frame('a', 0);
    const [late, early, other] = [frame('a', 7), frame('a', 3), frame('b', 1)];
    expect(held.keeps(late)).toBe(false);
    held.hold(head);
    expect([held.keeps(late), held.keeps(early), held.keeps(other), held.keeps(head)]).toEqual([true, true, false, false]);
    expect(held.release(other)).toEqual([]);
    expect(held.release(head)).toEqual([early, late]);
    expect(held.empty).toBe(true);
    expect(held.keeps(late)).toBe(false);
  });

  it('sorts frames that come out of order, whichever order that is', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Array.from({ length: 20 }, (_, index) => index + 1)), (orders) => {
        const held = new HeldLanes<Frame>(({ lane }) => lane);
        const head = frame('a', 0);
        held.hold(head);
        for (const order of orders) held.keeps(frame('a', order));
        expect(held.release(head).map(({ order }) => order)).toEqual([...orders].sort((one, other) => one - other));
      }),
    );
  });

  it('takes connects, requests and disconnects of a connection for one lane, responses for another', () => {
    const lanes = (['on_connect', 'on_request_message', 'on_disconnect', 'on_response_message'] as const).map((hook) => laneOf(2, hook));
    expect(new Set(lanes).size).toBe(2);
    expect(lanes[3]).not.toBe(lanes[0]);
    expect(laneOf(3, 'on_connect')).not.toBe(lanes[0]);
  });
});
