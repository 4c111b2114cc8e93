import type { Who } from './model.js';

/** The API said no. `message` is fit to be shown. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** The admin API, with the cookie of a login. Everything rejects with an ApiError; its status is 0 if the host was not reached. */
export class Api {
  /** Called when the login has ended. */
  ended: () => void = () => {};

  login(credential: string): Promise<Who> {
    return this.#request('POST', '/login', { credential });
  }

  async logout(): Promise<void> {
    await this.#request('POST', '/logout', {}).catch(() => undefined);
    this.ended();
  }

  get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.#request('GET', path + queryString(query));
  }

  post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.#request('POST', path, body);
  }

  remove<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.#request('DELETE', path + queryString(query));
  }

  async #request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`/api/v1${path}`, { method, ...content }).catch(() => {
      throw new ApiError(0, 'The host does not answer. Is it running, and can this browser reach it?');
    });
    const answer = await response.json().catch(() => undefined);
    if (response.ok) return answer as Answer;
    if (response.status === 401 && path !== '/login') this.ended();
    throw new ApiError(response.status, explanation(answer) ?? `The host answered ${response.status}.`);
  }
}

/** A path whose parts may have slashes in them, as routes do. */
export function pathOf(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}

function queryString(query: Query): string {
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function explanation(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  const { error } = answer;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined;
}
