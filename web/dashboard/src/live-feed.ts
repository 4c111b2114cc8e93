import { backoffDelay, DEFAULT_BACKOFF } from '../../src/backoff.js';
import { LiveHistory } from './live-history.js';
import type { Snapshot } from './model.js';

/** How the event stream is. `paused`: nobody looks at the tab, so nothing is asked of the host and nothing is drawn. */
export type Feed =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'waiting'; readonly retryAt: number };

/** What a view sees; a new object for every change. */
export interface LiveView {
  readonly feed: Feed;
  readonly snapshot: Snapshot | undefined;
}

const RETRIES = { ...DEFAULT_BACKOFF, maxMs: 10_000 };

/** The event stream of the host: reconnects by itself, and rests while the tab is hidden. */
export class LiveFeed {
  readonly history = new LiveHistory();
  readonly #listeners = new Set<() => void>();
  readonly #failed: () => void;
  #view: LiveView = { feed: { kind: 'connecting' }, snapshot: undefined };
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;

  /** `failed`: the stream broke or was refused; time to see whether the login still holds. */
  constructor(failed: () => void) {
    this.#failed = failed;
  }

  get view(): LiveView {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns the way to stop it. */
  start(): () => void {
    document.addEventListener('visibilitychange', this.#follow);
    this.#follow();
    return () => {
      document.removeEventListener('visibilitychange', this.#follow);
      this.#close();
    };
  }

  /** Without waiting for the next attempt. */
  readonly connect = (): void => {
    this.#close();
    this.#show({ kind: 'connecting' });
    const source = new EventSource('/api/v1/events');
    this.#source = source;
    source.addEventListener('snapshot', ({ data }) => {
      this.#attempts = 0;
      const snapshot = JSON.parse(data) as Snapshot;
      this.history.add(snapshot);
      this.#show({ kind: 'live' }, snapshot);
    });
    source.addEventListener('error', () => {
      this.#close();
      this.#failed();
      const wait = backoffDelay(this.#attempts, RETRIES, Math.random());
      this.#attempts += 1;
      this.#retry = setTimeout(this.connect, wait);
      this.#show({ kind: 'waiting', retryAt: Date.now() + wait });
    });
  };

  readonly #follow = (): void => {
    if (document.hidden) {
      this.#close();
      this.#show({ kind: 'paused' });
    } else {
      this.connect();
    }
  };

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    if (this.#source !== undefined) this.history.interrupt();
    this.#source = undefined;
  }

  #show(feed: Feed, snapshot = this.#view.snapshot): void {
    this.#view = { feed, snapshot };
    for (const listener of this.#listeners) listener();
  }
}
