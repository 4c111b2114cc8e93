import type { Chain } from '../engine/engine.js';
import { SharedResponse } from '../gateway/shared-response.js';
import { WireFrame } from '../gateway/wire-frame.js';

/**
 * A frame for many: the same object is sent to each peer. For each it keeps its place among all other frames and counts against its
 * bounds, but its bytes are built once, and where every plugin's manifest allows it the response hooks run once a room.
 */
export class Broadcast extends WireFrame {
  readonly #responses: SharedResponse[] = [];

  /** The run of the hooks that those in one room share. Keys of the room's state differ from room to room, so runs do. */
  response(chain: Chain, room: string | undefined): SharedResponse {
    const known = this.#responses.find((response) => response.chain === chain && response.room === room);
    if (known !== undefined) return known;
    const response = new SharedResponse(chain, room, this);
    this.#responses.push(response);
    return response;
  }
}
