/** What a hook may send: a string becomes a text frame, bytes a binary frame. */
export type Payload = string | Uint8Array | ArrayBuffer;

/**
 * What a hook says of a frame. Immutable: each method returns a new verdict, so they compose:
 * `drop('spam').reply('please do not')`, `replace(masked).note('masked 2 words')`.
 */
export class Verdict {
  /** Undefined: the frame itself. Empty: the frame ends here. */
  readonly frames: readonly Payload[] | undefined;
  readonly replies: readonly Payload[];
  readonly ending: { readonly kind: 'close' | 'reject'; readonly code: number; readonly reason: string } | undefined;
  readonly reason: string | undefined;

  constructor(frames: Verdict['frames'], replies: Verdict['replies'] = [], ending?: Verdict['ending'], reason?: string) {
    this.frames = frames;
    this.replies = replies;
    this.ending = ending;
    this.reason = reason;
  }

  /** Also sends these frames to whoever sent this one. */
  reply(...frames: Payload[]): Verdict {
    return new Verdict(this.frames, [...this.replies, ...frames], this.ending, this.reason);
  }

  /** Also closes the connection, after its replies. `code`: 1000, 1001, 1003, 1007–1014 or 3000–4999; `reason`: at most 123 bytes. */
  close(code = 1000, reason = ''): Verdict {
    return new Verdict(this.frames, this.replies, { kind: 'close', code, reason }, this.reason);
  }

  /** Says why, for logs and metrics. Clients never see it. */
  note(reason: string): Verdict {
    return new Verdict(this.frames, this.replies, this.ending, reason);
  }
}

const PASS = new Verdict(undefined);

/** The frame goes on unchanged. Returning nothing from a hook means the same. */
export function pass(): Verdict {
  return PASS;
}

/** The frame ends here; nobody is told unless a reply says so. `reason` is for logs and metrics. */
export function drop(reason?: string): Verdict {
  return new Verdict([], [], undefined, reason);
}

/** The frame is invalid: the route's `rejectStrategy` decides whether it is dropped or the connection closed with this code. As in `close`. */
export function reject(code: number, reason: string): Verdict {
  return new Verdict([], [], { kind: 'reject', code, reason }, reason);
}

/** Other frames go on in place of this one, in order. */
export function replace(...frames: [Payload, ...Payload[]]): Verdict {
  return new Verdict(frames);
}

/** The frame goes on unchanged and its sender gets an answer. After a drop: `drop().reply(…)`. */
export function reply(...frames: Payload[]): Verdict {
  return PASS.reply(...frames);
}

/**
 * The frame ends here and the connection is closed. `code`: 1000, 1001, 1003, 1007–1014 or 3000–4999; `reason`: at most 123 bytes of UTF-8, which
 * the client gets. Anything else is a fault of the plugin.
 */
export function close(code = 1000, reason = ''): Verdict {
  return new Verdict([], [], { kind: 'close', code, reason }, reason);
}
