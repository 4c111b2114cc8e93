import type { Frame } from '../frame.js';
import type { FrameCount, RouteMeter } from './route-meter.js';

/** Counts one connection's frames, for itself and for its route. */
export class ConnectionMeter {
  readonly route: RouteMeter;
  readonly #requests: FrameCount;
  readonly #responses: FrameCount;
  /** Frames that came from the client. */
  requests = 0;
  /** Frames that came from the backend. */
  responses = 0;

  constructor(route: RouteMeter) {
    this.route = route;
    this.#requests = route.frames.request;
    this.#responses = route.frames.response;
    route.connections += 1;
  }

  request(frame: Frame): void {
    this.requests += 1;
    this.#requests.frames += 1;
    this.#requests.bytes += frame.payload.length;
  }

  response(frame: Frame): void {
    this.responses += 1;
    this.#responses.frames += 1;
    this.#responses.bytes += frame.payload.length;
  }

  delivered(): void {
    this.#requests.framesOut += 1;
  }

  written(): void {
    this.#responses.framesOut += 1;
  }
}
