/** Close codes after which coming back would only be refused again (docs/protocol.md, RFC 6455 §7.4.1). */
const FINAL = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010]);

export function mayReconnect(code: number): boolean {
  return !FINAL.has(code);
}

const WORDS: Readonly<Record<number, string>> = {
  1000: 'The server ended the connection',
  1001: 'The server is restarting',
  1003: 'The server does not take this kind of data',
  1006: 'The connection was lost',
  1007: 'The server could not read a message',
  1008: 'The server refused a message and closed the connection',
  1009: 'A message was too large for this server',
  1011: 'The server had an internal error',
  1013: 'The server is busy',
  1014: 'The server behind this one cannot be reached',
  3000: 'The connection was idle for too long',
};

/** Codes whose reason the server words for each case. */
const WITH_REASON = new Set([1000, 1008]);

/** Why a connection ended, as a sentence. */
export function closeWords(code: number, reason: string): string {
  const known = WORDS[code];
  const words = known ?? `The connection was closed with code ${code}`;
  return reason !== '' && (known === undefined || WITH_REASON.has(code)) ? `${words}: ${reason}.` : `${words}.`;
}
