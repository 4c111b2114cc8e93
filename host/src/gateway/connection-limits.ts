/** Counts open WebSockets, in all and by remote address. */
export class ConnectionLimits {
  readonly #max: number;
  readonly #maxPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  #open = 0;

  constructor(max: number, maxPerAddress: number) {
    this.#max = max;
    this.#maxPerAddress = maxPerAddress;
  }

  get open(): number {
    return this.#open;
  }

  /** Takes a place and returns what gives it back (once), or `undefined` if there is none left. */
  take(address: string): (() => void) | undefined {
    const mine = this.#byAddress.get(address) ?? 0;
    if (this.#open >= this.#max || mine >= this.#maxPerAddress) return undefined;
    this.#open++;
    this.#byAddress.set(address, mine + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#open--;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }
}
