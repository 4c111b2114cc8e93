import { type HttpAsk, type HttpExchange, HttpJournal } from '@framegate/host';

/** A request that the plugin under test makes. */
export interface TestRequest {
  readonly method: string;
  readonly url: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As UTF-8. */
  readonly body: string;
}

/** A string is the body of a 200; an Error is why there is no response. */
export type TestResponse =
  | string
  | Error
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Uint8Array };

/** Stands for the network in a test. */
export type TestServer = (request: TestRequest) => TestResponse | Promise<TestResponse>;

const utf8 = new TextEncoder();
const NO_SERVER: TestServer = () => new Error('this test has no network: give loadPlugin an `http` function');

/** Runs a frame as often as its requests take, as the host does: each run starts from the beginning, and knows all answers so far. */
export async function withHttp<T extends { readonly kind: string }>(
  server: TestServer | undefined,
  startedAt: number,
  run: (http: HttpJournal) => Promise<T>,
): Promise<Exclude<T, { readonly kind: 'wait' }>> {
  let exchanges: HttpExchange[] = [];
  for (;;) {
    const http = new HttpJournal({ startedAt, exchanges });
    const result = await run(http);
    if (result.kind !== 'wait') {
      http.settle();
      return result as Exclude<T, { readonly kind: 'wait' }>;
    }
    exchanges = [...exchanges, ...(await Promise.all(http.asks.map((ask) => answer(server ?? NO_SERVER, ask))))];
  }
}

async function answer(server: TestServer, { plugin, request }: HttpAsk): Promise<HttpExchange> {
  let response: TestResponse;
  try {
    response = await server({ ...request, body: new TextDecoder().decode(request.body) });
  } catch (error) {
    response = error instanceof Error ? error : new Error(String(error));
  }
  if (response instanceof Error) {
    return { plugin, request, result: { kind: 'failed', message: `${request.method} ${request.url}: ${response.message}` } };
  }
  const { status = 200, headers = {}, body = '' } = typeof response === 'string' ? { body: response } : response;
  return { plugin, request, result: { kind: 'response', status, headers, body: typeof body === 'string' ? utf8.encode(body) : body } };
}
