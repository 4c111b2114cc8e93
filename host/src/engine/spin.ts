/** Looks between two looks at the clock. */
const LOOKS = 32;
/** A wait in vain takes two, one that pays gives one: it goes on while two in three pay. */
const MAX_CREDIT = 16;
const TRIAL_CREDIT = 4;
/** Chances that it sits out when the credit is used up: at first, and at most. */
const MIN_SIT_OUT = 8;
const MAX_SIT_OUT = 512;

/**
 * Waits for another thread without going to sleep, `micros` at most: a sleeping thread takes longer to wake than most frames to run.
 * Where that does not pay, as with slow traffic or when all cores are wanted by others, it soon hardly ever does it.
 */
export class Spin {
  readonly #millis: number;
  #credit = TRIAL_CREDIT;
  #sitOut = 0;
  #nextSitOut = MIN_SIT_OUT;

  constructor(micros: number) {
    this.#millis = micros / 1000;
  }

  /** Whether `ready` has come true. Blocks the thread meanwhile. */
  wait(ready: () => boolean): boolean {
    if (this.#millis === 0) return false;
    if (this.#sitOut > 0) {
      this.#sitOut -= 1;
      return false;
    }
    const until = performance.now() + this.#millis;
    do {
      for (let look = 0; look < LOOKS; look++) if (ready()) return this.#paid();
    } while (performance.now() < until);
    return this.#inVain();
  }

  #paid(): true {
    this.#credit = Math.min(this.#credit + 1, MAX_CREDIT);
    if (this.#credit === MAX_CREDIT) this.#nextSitOut = MIN_SIT_OUT;
    return true;
  }

  #inVain(): false {
    this.#credit -= 2;
    if (this.#credit > 0) return false;
    this.#credit = TRIAL_CREDIT;
    this.#sitOut = this.#nextSitOut;
    this.#nextSitOut = Math.min(this.#nextSitOut * 2, MAX_SIT_OUT);
    return false;
  }
}
