import type { Hook } from '@framegate/sdk/abi';

/** What must stay in order: the frames of one connection that travel the same way. */
export function laneOf(connection: number, hook: Hook): string {
  return `${connection}/${hook === 'on_response_message' ? 'response' : 'request'}`;
}

interface Lane<Frame> {
  readonly head: Frame;
  readonly behind: Frame[];
}

/**
 * Frames that wait for answers from the network, each with the frames of its lane that must not overtake it.
 * Everything else passes by.
 */
export class HeldLanes<Frame extends { readonly order: number }> {
  readonly #lanes = new Map<string, Lane<Frame>>();
  readonly #laneOf: (frame: Frame) => string;

  constructor(lane: (frame: Frame) => string) {
    this.#laneOf = lane;
  }

  get empty(): boolean {
    return this.#lanes.size === 0;
  }

  /** From now on this frame is waited for. */
  hold(head: Frame): void {
    const lane = this.#laneOf(head);
    if (!this.#lanes.has(lane)) this.#lanes.set(lane, { head, behind: [] });
  }

  /** Keeps a frame if it has to wait behind another one. They come out of order where some had been on their way already. */
  keeps(frame: Frame): boolean {
    if (this.empty) return false;
    const lane = this.#lanes.get(this.#laneOf(frame));
    if (!lane || lane.head === frame) return false;
    const { behind } = lane;
    const at = behind.findLastIndex(({ order }) => order < frame.order);
    behind.splice(at + 1, 0, frame);
    return true;
  }

  /** This frame has a result: the frames that waited behind it, in order. They are not kept any more. */
  release(frame: Frame): readonly Frame[] {
    if (this.empty) return [];
    const name = this.#laneOf(frame);
    const lane = this.#lanes.get(name);
    if (lane?.head !== frame) return [];
    this.#lanes.delete(name);
    return lane.behind;
  }
}
