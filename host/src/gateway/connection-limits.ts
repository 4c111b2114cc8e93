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

  /** Takes a place, to be given back by `release`; false if there is none left. */
  take(address: string): boolean {
    const mine = this.#byAddress.get(address) ?? 0;
    if (this.#open >= this.#max || mine >= this.#maxPerAddress) return false;
    this.#open++;
    this.#byAddress.set(address, mine + 1);
    return true;
  }

  /** Once for every `take` that was granted. */
  release(address: string): void {
    this.#open--;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}
