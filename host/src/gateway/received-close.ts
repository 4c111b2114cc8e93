import { CLOSE } from '../close-codes.js';
import type { Close } from '../verdict.js';

/**
 * What a socket's `close` event says, as a close that may be sent to the other side: 1005 (no code) becomes 1000,
 * 1006 and 1015 (no closing handshake) become `vanished`. RFC 6455 §7.4.1 forbids to send those three.
 */
export function receivedClose(code: number, reason: Buffer, vanished: Close): Close {
  if (code === 1005) return { code: 1000, reason: '' };
  if (code === 1006 || code === 1015) return vanished;
  return { code, reason: reason.toString() };
}

const FAILED: Readonly<Record<string, Close>> = {
  WS_ERR_INVALID_UTF8: CLOSE.INVALID_UTF8,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: CLOSE.TOO_LARGE,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: CLOSE.TOO_LARGE,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: CLOSE.POLICY,
};

/** What `ws` closes a socket with by itself when what came in breaks the protocol or a limit. */
export function protocolClose(error: Error): Close {
  const { code, reason } = FAILED[(error as NodeJS.ErrnoException).code ?? ''] ?? CLOSE.PROTOCOL;
  return { code, reason };
}
