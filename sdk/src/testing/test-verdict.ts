import type { Close, Fault, FaultCode, Frame, Verdict } from '@framegate/host';

const utf8 = new TextDecoder();

/** What the plugin said of a frame, in a test's words. Text frames are strings, binary ones bytes. */
export class TestVerdict {
  /** The frame goes on unchanged. */
  readonly passed: boolean;
  /** The frame ends here, silently or not. */
  readonly dropped: boolean;
  /** What goes on instead of the frame; undefined when it passed. */
  readonly forwarded: readonly (string | Uint8Array)[] | undefined;
  /** What its sender gets. */
  readonly replies: readonly (string | Uint8Array)[];
  readonly close: Close | undefined;
  readonly reject: Close | undefined;
  readonly reason: string | undefined;

  constructor(verdict: Verdict) {
    this.passed = verdict.forward === undefined && verdict.close === undefined && verdict.reject === undefined;
    this.forwarded = verdict.forward?.map(toPayload);
    this.dropped = !this.passed && (verdict.forward === undefined || verdict.forward.length === 0);
    this.replies = (verdict.reply ?? []).map(toPayload);
    this.close = verdict.close;
    this.reject = verdict.reject;
    this.reason = verdict.reason;
  }
}

/** The plugin trapped, threw, or answered junk. In a host its `onFault` policy would decide what becomes of the frame. */
export class PluginFaultError extends Error {
  override readonly name = 'PluginFaultError';
  readonly code: FaultCode;

  constructor(fault: Fault) {
    super(`${fault.code}: ${fault.message}`);
    this.code = fault.code;
  }
}

function toPayload(frame: Frame): string | Uint8Array {
  return frame.kind === 'text' ? utf8.decode(frame.payload) : new Uint8Array(frame.payload);
}
