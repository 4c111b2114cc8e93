/** Every close code the host itself sends, why, and whether a client should come back. Published in docs/protocol.md. */
export const CLOSE = {
  GOING_AWAY: { code: 1001, reason: 'server is draining', reconnect: true },
  PROTOCOL: { code: 1002, reason: 'protocol error', reconnect: false },
  UNSUPPORTED: { code: 1003, reason: 'unsupported data', reconnect: false },
  INVALID_UTF8: { code: 1007, reason: 'invalid UTF-8', reconnect: false },
  POLICY: { code: 1008, reason: 'policy violation', reconnect: false },
  TOO_LARGE: { code: 1009, reason: 'message too large', reconnect: false },
  INTERNAL: { code: 1011, reason: 'internal error', reconnect: true },
  SLOW_CLIENT: { code: 1013, reason: 'client reads too slowly', reconnect: true },
  OVERLOADED: { code: 1013, reason: 'try again later', reconnect: true },
  UPSTREAM_UNAVAILABLE: { code: 1014, reason: 'upstream unavailable', reconnect: true },
  IDLE: { code: 3000, reason: 'idle for too long', reconnect: true },
} as const satisfies Record<string, { code: number; reason: string; reconnect: boolean }>;
