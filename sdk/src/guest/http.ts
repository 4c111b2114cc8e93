/** The core's functions behind `Http` and `fetch`: one request, and what came of the last one. */
export interface HttpNative {
  /** JSON and a body, sent as soon as asked. The status; 0: not there yet (only with wait 0); -1: there is no response, and the text says why. */
  httpRequest(request: string, body: string | ArrayBuffer | Uint8Array | null, wait: number): number;
  httpBody(): ArrayBuffer;
  /** The body as UTF-8. */
  httpText(): string;
  /** JSON by name in lower case; null: there are none. */
  httpHeaders(): string | null;
}

interface PdkRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `Http` of the Extism JS PDK. A run of the hook may end inside `request`; the hook then starts again, with the response at hand. */
export function createHttp(native: HttpNative): {
  request(request: PdkRequest, body?: string | ArrayBuffer | Uint8Array): { status: number; body: string; headers: Record<string, string> };
} {
  return {
    request({ url, method, headers }, body) {
      const status = native.httpRequest(JSON.stringify({ url: String(url), method, headers }), body ?? null, 1);
      if (status < 0) throw new Error(native.httpText());
      return { status, body: native.httpText(), headers: JSON.parse(native.httpHeaders() ?? '{}') };
    },
  };
}
