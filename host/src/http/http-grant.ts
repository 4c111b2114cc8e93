/** What an operator grants a plugin of the network. Each has a default in http-schema.ts. */
export interface HttpGrant {
  /** Hosts it may call (http-hosts.ts of the SDK); none: no network at all. */
  readonly hosts: readonly string[];
  /** Whether those names may stand for addresses that are not public: loopback, private, link-local and the like. */
  readonly allowPrivate: boolean;
  /** Milliseconds for one request: waiting for its turn, name, connection, redirects and the whole body. */
  readonly timeoutMs: number;
  /** Bytes of a request's body. */
  readonly maxRequestBytes: number;
  /** Bytes of a response's body. */
  readonly maxResponseBytes: number;
  /** Requests under way at once. */
  readonly maxConcurrent: number;
  /** Requests that wait for one of those to end; one more is refused. */
  readonly maxQueued: number;
  /** Requests that one frame may cause. */
  readonly maxPerFrame: number;
  /** Redirects that one request follows; 0: the plugin sees them. */
  readonly maxRedirects: number;
  /** False: nothing is sent; the plugin gets the answers that are there already, and is told of the others that they were not asked for. Default true. */
  readonly send?: boolean;
}
