/** What is done with an error that a listener throws: the others are called all the same. */
type Report = (error: unknown) => void;
type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

interface ListenerOptions {
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

interface Entry {
  readonly type: string;
  readonly listener: Listener;
  readonly once: boolean;
}

let report: Report = () => {};

/** Names where errors of listeners go. */
export function reportListenerErrors(to: Report): void {
  report = to;
}

/** `Event` of the DOM standard, for a tree of one: no capturing, no bubbling, no composed path. */
export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  #prevented = false;
  #stopped = false;
  #target: EventTarget | null = null;

  constructor(type: string, { bubbles = false, cancelable = false }: { readonly bubbles?: boolean; readonly cancelable?: boolean } = {}) {
    this.type = String(type);
    this.bubbles = Boolean(bubbles);
    this.cancelable = Boolean(cancelable);
  }

  get target(): EventTarget | null {
    return this.#target;
  }

  get currentTarget(): EventTarget | null {
    return this.#target;
  }

  get defaultPrevented(): boolean {
    return this.#prevented;
  }

  preventDefault(): void {
    this.#prevented = this.cancelable;
  }

  /** Of no effect: there is no parent that would be told. */
  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    this.#stopped = true;
  }

  /** Calls the listeners, unless one of them stops it. */
  static dispatch(event: Event, target: EventTarget, entries: readonly Entry[], isThere: (entry: Entry) => boolean): void {
    event.#target = target;
    event.#stopped = false;
    for (const entry of entries) {
      if (event.#stopped) break;
      if (!isThere(entry)) continue;
      if (entry.once) target.removeEventListener(entry.type, entry.listener);
      try {
        if (typeof entry.listener === 'function') entry.listener.call(target, event);
        else entry.listener.handleEvent(event);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** `EventTarget` of the DOM standard. */
export class EventTarget {
  #entries: Entry[] = [];

  addEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    if (listener === null || listener === undefined) return;
    if (typeof listener !== 'function' && typeof listener !== 'object')
      throw new TypeError('addEventListener needs a function, or an object with handleEvent');
    const { once = false, signal } = typeof options === 'object' ? options : {};
    if (signal?.aborted || this.#entries.some((entry) => entry.type === String(type) && entry.listener === listener)) return;
    this.#entries.push({ type: String(type), listener, once: Boolean(once) });
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#entries = this.#entries.filter((entry) => entry.type !== String(type) || entry.listener !== listener);
  }

  /** False if a listener prevented what would follow. */
  dispatchEvent(event: Event): boolean {
    if (!(event instanceof Event)) throw new TypeError('dispatchEvent needs an Event');
    const entries = this.#entries.filter(({ type }) => type === event.type);
    Event.dispatch(event, this, entries, (entry) => this.#entries.includes(entry));
    return !event.defaultPrevented;
  }
}

const FROM_HERE = Symbol('made by a controller');

/** `AbortSignal` of the DOM standard. `timeout` throws: there are no timers inside a plugin. */
export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown;
  onabort: ((event: Event) => void) | null = null;

  constructor(key?: symbol) {
    super();
    if (key !== FROM_HERE) throw new TypeError('AbortSignal is made by an AbortController, AbortSignal.abort() or AbortSignal.any()');
  }

  static make(): AbortSignal {
    return new AbortSignal(FROM_HERE);
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = AbortSignal.make();
    AbortSignal.trigger(signal, reason);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    const signal = AbortSignal.make();
    const first = all.find(({ aborted }) => aborted);
    if (first !== undefined) AbortSignal.trigger(signal, first.reason);
    else for (const one of all) one.addEventListener('abort', () => AbortSignal.trigger(signal, one.reason), { once: true });
    return signal;
  }

  static timeout(): never {
    throw new Error('AbortSignal.timeout: there are no timers inside a plugin; the host ends a call at limits.deadlineMs');
  }

  static trigger(signal: AbortSignal, reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason;
    const event = new Event('abort');
    if (typeof signal.onabort === 'function') {
      try {
        signal.onabort(event);
      } catch (error) {
        report(error);
      }
    }
    signal.dispatchEvent(event);
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }
}

/** `AbortController` of the DOM standard. */
export class AbortController {
  readonly signal = AbortSignal.make();

  abort(reason?: unknown): void {
    AbortSignal.trigger(this.signal, reason);
  }
}
