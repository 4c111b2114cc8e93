/** One occurrence of a pattern: the pattern's place in the list, and UTF-16 units of the text from `start` to before `end`. */
export interface Match {
  readonly pattern: number;
  readonly start: number;
  readonly end: number;
}

const MAX_STATES = 65_535;
const NONE = -1;

/**
 * An Aho–Corasick automaton: finds all occurrences of many patterns in one walk over the text. Build it at the top level or in
 * `setup`, never per frame. Its tables are typed arrays, some 14 bytes a unit of all patterns together, and go into the module's
 * snapshot as they are. Compares UTF-16 units: fold patterns and text first.
 */
export class Automaton {
  readonly #lengths: readonly number[];
  /** Edges by open addressing: `state << 16 | unit`, and the state that it leads to (0: an empty place, for no edge leads to the root). */
  readonly #keys: Uint32Array;
  readonly #targets: Uint16Array;
  /** Where to go on when no edge fits. */
  readonly #failures: Uint16Array;
  /** The pattern that ends at a state, and the next state on the way of failures where one ends. */
  readonly #patterns: Int32Array;
  readonly #outputs: Uint16Array;

  /** Empty patterns match nowhere; of equal ones the first is reported. Throws RangeError above 65,535 states. */
  constructor(patterns: readonly string[]) {
    const edges: Map<number, number>[] = [new Map()];
    const ends: number[] = [NONE];
    patterns.forEach((pattern, index) => {
      let state = 0;
      for (let at = 0; at < pattern.length; at++) {
        const unit = pattern.charCodeAt(at);
        const next = edges[state]?.get(unit) ?? edges.push(new Map()) - 1;
        if (next > MAX_STATES) throw new RangeError(`the patterns need more than ${MAX_STATES} states: split them into several automata`);
        edges[state]?.set(unit, next);
        if (ends[next] === undefined) ends[next] = NONE;
        state = next;
      }
      if (state !== 0 && ends[state] === NONE) ends[state] = index;
    });
    this.#lengths = patterns.map(({ length }) => length);
    const places = 2 ** Math.ceil(Math.log2(2 * edges.length + 2));
    this.#keys = new Uint32Array(places);
    this.#targets = new Uint16Array(places);
    this.#failures = new Uint16Array(edges.length);
    this.#outputs = new Uint16Array(edges.length);
    this.#patterns = Int32Array.from(ends);
    edges.forEach((targets, state) => {
      for (const [unit, target] of targets) this.#put(state, unit, target);
    });
    this.#link(edges);
  }

  /** All occurrences, overlapping ones too, in the order of their ends; of those that end together the longest first. */
  findAll(text: string): Match[] {
    const matches: Match[] = [];
    this.#walk(text, (pattern, end) => {
      matches.push({ pattern, start: end - (this.#lengths[pattern] as number), end });
      return true;
    });
    return matches;
  }

  /** The occurrence that ends first, the longest if several do; undefined if there is none. */
  find(text: string): Match | undefined {
    let match: Match | undefined;
    this.#walk(text, (pattern, end) => {
      match = { pattern, start: end - (this.#lengths[pattern] as number), end };
      return false;
    });
    return match;
  }

  #walk(text: string, visit: (pattern: number, end: number) => boolean): void {
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      state = this.#step(state, text.charCodeAt(at));
      for (
        let one = this.#patterns[state] === NONE ? (this.#outputs[state] as number) : state;
        one !== 0;
        one = this.#outputs[one] as number
      )
        if (!visit(this.#patterns[one] as number, at + 1)) return;
    }
  }

  #step(from: number, unit: number): number {
    let state = from;
    for (;;) {
      const target = this.#edge(state, unit);
      if (target !== 0 || state === 0) return target;
      state = this.#failures[state] as number;
    }
  }

  #edge(state: number, unit: number): number {
    const key = ((state << 16) | unit) >>> 0;
    const mask = this.#keys.length - 1;
    for (let place = spread(key) & mask; ; place = (place + 1) & mask) {
      const target = this.#targets[place] as number;
      if (target === 0 || this.#keys[place] === key) return target;
    }
  }

  #put(state: number, unit: number, target: number): void {
    const key = ((state << 16) | unit) >>> 0;
    const mask = this.#keys.length - 1;
    let place = spread(key) & mask;
    while (this.#targets[place] !== 0) place = (place + 1) & mask;
    this.#keys[place] = key;
    this.#targets[place] = target;
  }

  /** Failures and outputs, breadth first: a state's are made of those nearer to the root. */
  #link(edges: readonly ReadonlyMap<number, number>[]): void {
    const queue = [0];
    for (let index = 0; index < queue.length; index++) {
      const state = queue[index] as number;
      for (const [unit, target] of edges[state] ?? []) {
        const failure = state === 0 ? 0 : this.#step(this.#failures[state] as number, unit);
        this.#failures[target] = failure;
        this.#outputs[target] = this.#patterns[failure] === NONE ? (this.#outputs[failure] as number) : failure;
        queue.push(target);
      }
    }
  }
}

function spread(key: number): number {
  const mixed = Math.imul(key ^ (key >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 12)) >>> 0;
}
