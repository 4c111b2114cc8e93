/** How a guest gets its input and leaves its output under `extism:host/env`. */
export interface GuestIo {
  /** Forgets the call before and offers this input. The bytes are copied. Throws a GuestAbort if there is no room for them. */
  begin(input: Uint8Array): void;
  /** A view of what the guest set as output, valid until the next `begin`. Throws a GuestAbort if it named a range that is not its own. */
  output(): Uint8Array | undefined;
  /** What the guest said went wrong. */
  error(): string | undefined;
  /** True if an allocation was refused since `begin`. */
  readonly exhausted: boolean;
}
