import type { Fault, FaultCode } from '../../verdict.js';

/** Thrown by a host function to end a guest's call on purpose. Never leaves the engine: it becomes a {@link Fault}. */
export class GuestAbort extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.name = 'GuestAbort';
    this.code = code;
  }
}

/** Thrown by a host function to end a guest's run on purpose: it can't go on without an answer from the network. Never leaves the engine. */
export class GuestWait extends Error {
  constructor() {
    super('the guest waits for an HTTP response');
    this.name = 'GuestWait';
  }
}

export function fault(code: FaultCode, message: string): Fault {
  return { kind: 'fault', code, message };
}
