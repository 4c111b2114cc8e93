/** Bytes of a close reason (RFC 6455 §5.5: a control frame has at most 125 bytes, two of them the code). */
export const MAX_CLOSE_REASON_BYTES = 123;

/** Whether an endpoint may send this close code (RFC 6455 §7.4, and docs/abi.md). */
export function isSendableCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code === 1000 || code === 1001 || code === 1003 || (code >= 1007 && code <= 1014);
}

/** The text, cut at a character so that it fits into a close frame. */
export function fitCloseReason(text: string): string {
  if (Buffer.byteLength(text) <= MAX_CLOSE_REASON_BYTES) return text;
  const bytes = Buffer.from(text);
  let end = MAX_CLOSE_REASON_BYTES;
  // back to a character's first byte
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
