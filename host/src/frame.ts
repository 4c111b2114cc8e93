/** A WebSocket data frame's kind (RFC 6455, opcodes 1 and 2). */
export type FrameKind = 'text' | 'binary';

/** One WebSocket message. A text frame's payload is valid UTF-8 bytes; nobody decodes it before somebody needs a string. */
export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

/** `request`: from the client towards the backend. `response`: from the backend towards the client. */
export type Direction = 'request' | 'response';
