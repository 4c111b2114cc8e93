/**
 * The globals of a plugin beside ECMAScript's own: what docs/guest.md lists, and nothing of a browser's or of Node's.
 * In a plugin's tsconfig.json: `"lib": ["es2023"], "types": ["@framegate/sdk/globals"]`.
 */

type FramegateBytes = ArrayBuffer | ArrayBufferView;
type FramegateHeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;
type FramegateSearchParamsInit = string | URLSearchParams | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

/** Each call is one log entry of the plugin's. */
declare var console: {
  log(...data: unknown[]): void;
  info(...data: unknown[]): void;
  debug(...data: unknown[]): void;
  warn(...data: unknown[]): void;
  error(...data: unknown[]): void;
  trace(...data: unknown[]): void;
  assert(condition?: unknown, ...data: unknown[]): void;
  dir(value?: unknown): void;
  dirxml(...data: unknown[]): void;
  table(rows?: unknown, columns?: readonly string[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  group(...data: unknown[]): void;
  groupCollapsed(...data: unknown[]): void;
  groupEnd(): void;
  time(label?: string): void;
  timeLog(label?: string, ...data: unknown[]): void;
  timeEnd(label?: string): void;
  clear(): void;
};

declare class TextEncoder {
  readonly encoding: 'utf-8';
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, destination: Uint8Array): { readonly read: number; readonly written: number };
}

/** UTF-8, UTF-16 and windows-1252, by any of their labels. */
declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: FramegateBytes, options?: { readonly stream?: boolean }): string;
}

declare class URL {
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  constructor(url: string | URL, base?: string | URL);
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}

declare class URLSearchParams implements Iterable<[string, string]> {
  constructor(init?: FramegateSearchParamsInit);
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArgument?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}

declare class Headers implements Iterable<[string, string]> {
  constructor(init?: FramegateHeadersInit);
  append(name: string, value: string): void;
  set(name: string, value: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  delete(name: string): void;
  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

/** Its body is there as a whole: no streams. */
declare class Response {
  constructor(
    body?: string | FramegateBytes | null,
    options?: { readonly status?: number; readonly statusText?: string; readonly headers?: FramegateHeadersInit },
  );
  readonly headers: Headers;
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly ok: boolean;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** Reaches the hosts of `capabilities.http` in definePlugin, as far as the operator grants them. */
declare function fetch(
  url: string | URL,
  options?: {
    readonly method?: string;
    readonly headers?: FramegateHeadersInit;
    readonly body?: string | FramegateBytes | URLSearchParams | null;
  },
): Promise<Response>;

declare class Event {
  constructor(type: string, options?: { readonly bubbles?: boolean; readonly cancelable?: boolean });
  readonly type: string;
  readonly target: EventTarget | null;
  readonly currentTarget: EventTarget | null;
  readonly cancelable: boolean;
  readonly defaultPrevented: boolean;
  preventDefault(): void;
  stopImmediatePropagation(): void;
}

type FramegateListener = ((event: Event) => void) | { handleEvent(event: Event): void };

declare class EventTarget {
  addEventListener(
    type: string,
    listener: FramegateListener | null,
    options?: boolean | { readonly once?: boolean; readonly signal?: AbortSignal },
  ): void;
  removeEventListener(type: string, listener: FramegateListener | null): void;
  dispatchEvent(event: Event): boolean;
}

declare class AbortSignal extends EventTarget {
  private constructor();
  static abort(reason?: unknown): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  onabort: ((event: Event) => void) | null;
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class DOMException extends Error {
  constructor(message?: string, name?: string);
  readonly code: number;
}

/** Random bytes come from the host. Of `subtle` there is `digest` alone. */
declare var crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
  readonly subtle: {
    digest(
      algorithm: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512' | { readonly name: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512' },
      data: FramegateBytes,
    ): Promise<ArrayBuffer>;
  };
};

declare function structuredClone<T>(value: T): T;
declare function queueMicrotask(callback: () => void): void;
declare function atob(base64: string): string;
declare function btoa(text: string): string;

/** Whole milliseconds since its first use in an instance. */
declare var performance: { readonly timeOrigin: number; now(): number };

declare var self: typeof globalThis;
