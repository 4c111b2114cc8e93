/** What a plugin asks of an HTTP server. */
export interface HttpRequest {
  /** In upper case. */
  readonly method: string;
  readonly url: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What came of a request: a response of any status, or why there is none. */
export type HttpResult =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** By name in lower case; several of one name are joined by a comma. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
    }
  /** There is no response; the message is for the plugin's author and says what to do. */
  | { readonly kind: 'failed'; readonly message: string };

/** A plugin's request and what came of it. */
export interface HttpExchange {
  readonly plugin: string;
  readonly request: HttpRequest;
  readonly result: HttpResult;
}

/** Characters of an address in a message: it may be a guest's whole memory. */
const SHOWN_CHARACTERS = 200;

/** Method and address, for messages. */
export function describeRequest({ method, url }: HttpRequest): string {
  return `${shorten(method)} ${shorten(url)}`;
}

export function shorten(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

export function httpFailure(message: string): HttpResult {
  return { kind: 'failed', message };
}
