import { InstructionReader, OP } from './instruction-reader.js';

/** Costs are counted in instructions. That of a call comes to what the called function charges itself; one that costs little charges nothing. */
export const CALL_COST = 10;
/** `memory.grow` and `table.grow`: a system call, or a copy on the host's heap. */
const GROW_COST = 4_000;
/** The other instructions on ranges of a table: each leaves compiled code. */
const TABLE_COST = 100;
/** `throw` and `rethrow`: the stack is walked, in 2 to 3 µs. */
const THROW_COST = 100_000;
/** With so much run up, the next control instruction is preceded by a charge. It bounds what a path is overcharged for the longest one. */
const RUN_UP = 256;

/** A loop's round may be overcharged by that for the way into the loop: a charge less, in most loops. */
const OVERCHARGE = 32;

/** A place in a function's code where fuel is charged. */
export interface ChargeSite {
  readonly position: number;
  cost: number;
  /** The innermost loop around it; at a loop's head, that loop. */
  readonly loop: Loop | undefined;
}

/** A loop. `calls`: something in it may charge fuel elsewhere, after which the function's own copy of the counter is stale. */
interface Loop {
  readonly position: number;
  readonly head: ChargeSite;
  readonly outer: Loop | undefined;
  /** What had run up on the way in. */
  readonly before: number;
  calls: boolean;
}

/** A bulk instruction: its length, the number on top of the stack, is charged. */
interface BulkCharge {
  readonly position: number;
  readonly kind: 'bytes' | 'elements';
}

/** Where one function charges, found in a single walk. Positions are offsets in the bytes that were walked. */
export interface ChargePlan {
  readonly entry: ChargeSite;
  /** Loops, outer ones first; each charges at its head. */
  readonly loops: readonly Loop[];
  /** The other sites. */
  readonly between: readonly ChargeSite[];
  readonly bulk: readonly BulkCharge[];
  /** Functions called directly. */
  readonly callees: readonly number[];
  readonly callsIndirectly: boolean;
  /** Whether anything in it may charge fuel elsewhere. */
  readonly calls: boolean;
}

/** What the walk has to know of the module. */
export interface ModuleFacts {
  /** Globals of the module itself: the counter is the next one. */
  readonly globals: number;
  /** The module has exception tags: any call may end the function. */
  readonly throws: boolean;
}

interface Frame {
  readonly loop: Loop | undefined;
  /** In the frame of a loop: where a branch to it goes. */
  readonly head: ChargeSite | undefined;
  /** What had run up where it began, for an arm that begins there too. */
  readonly before: number;
  readonly deadBefore: boolean;
  /** An `if` that has no `else` yet. */
  openIf: boolean;
  /** The most that has run up on a way out of it; below zero: no way yet. */
  out: number;
}

const NO_WAY = -1;

/**
 * Finds the charges of the function whose first instruction is at `start` of `bytes` and whose last one ends with them. A walk over
 * the structured code runs up the cost of the longest path since the last charge; loops take theirs at the head, for the round
 * before, and the entry takes in advance what is left at the longest way out. So every path pays for all of its instructions.
 * Throws RangeError for an unknown instruction, and for a global that is not the module's own: it would be the counter.
 */
export function planCharges(bytes: Uint8Array, start: number, facts: ModuleFacts): ChargePlan {
  return new Planner(bytes, start, facts).plan();
}

class Planner {
  readonly #reader: InstructionReader;
  readonly #facts: ModuleFacts;
  readonly #entry: ChargeSite;
  readonly #loops: Loop[] = [];
  readonly #between: ChargeSite[] = [];
  readonly #bulk: BulkCharge[] = [];
  readonly #callees: number[] = [];
  readonly #frames: Frame[] = [];
  #callsIndirectly = false;
  #calls = false;
  /** Cost of the longest path from the last charges to here. */
  #cost = 0;
  /** No path leads here. */
  #dead = false;
  /** The most that `#cost` has been: an exception may come from anywhere. */
  #peak = 0;

  constructor(bytes: Uint8Array, start: number, facts: ModuleFacts) {
    this.#reader = new InstructionReader(bytes, start);
    this.#facts = facts;
    this.#entry = { position: start, cost: 1, loop: undefined };
    this.#enter(undefined, undefined, false);
  }

  plan(): ChargePlan {
    while (this.#frames.length > 0) this.#take(this.#reader.next());
    if (!this.#reader.done) throw new RangeError('instructions follow its end');
    return {
      entry: this.#entry,
      loops: this.#loops,
      between: this.#between,
      bulk: this.#bulk,
      callees: this.#callees,
      callsIndirectly: this.#callsIndirectly,
      calls: this.#calls,
    };
  }

  #take(opcode: number): void {
    const { operand } = this.#reader;
    switch (opcode) {
      case OP.block:
      case OP.try:
      case OP.if:
        this.#control(1);
        this.#enter(this.#loop, undefined, opcode === OP.if);
        break;
      case OP.loop:
        this.#control(0);
        this.#enterLoop();
        break;
      case OP.else:
      case OP.catch:
      case OP.catchAll:
        this.#control(0);
        this.#nextArm(opcode === OP.else);
        break;
      case OP.end:
      case OP.delegate:
        this.#control(0);
        this.#leave();
        break;
      case OP.brIf:
        this.#control(1);
        this.#branch(operand);
        break;
      case OP.br:
        this.#control(1);
        this.#branch(operand);
        this.#dead = true;
        break;
      case OP.brTable:
        this.#control(2);
        for (const label of this.#reader.labels) this.#branch(label);
        this.#dead = true;
        break;
      case OP.throw:
      case OP.rethrow:
        // Only by who throws: a function is full of throws that never happen.
        if (!this.#dead) this.#between.push({ position: this.#reader.start, cost: this.#cost + THROW_COST, loop: this.#loop });
        this.#cost = 0;
        this.#control(1);
        this.#exit();
        this.#dead = true;
        break;
      case OP.return:
        this.#control(1);
        this.#exit();
        this.#dead = true;
        break;
      case OP.unreachable:
        this.#control(1);
        this.#dead = true;
        break;
      case OP.call:
        this.#call(CALL_COST);
        this.#callees.push(operand);
        break;
      case OP.callIndirect:
        this.#call(CALL_COST);
        this.#callsIndirectly = true;
        break;
      case OP.returnCall:
      case OP.returnCallIndirect:
        this.#control(0);
        this.#call(CALL_COST);
        if (opcode === OP.returnCall) this.#callees.push(operand);
        else this.#callsIndirectly = true;
        this.#exit();
        this.#dead = true;
        break;
      case OP.memoryInit:
      case OP.memoryCopy:
      case OP.memoryFill:
        this.#bulk.push({ position: this.#reader.start, kind: 'bytes' });
        this.#call(CALL_COST);
        break;
      case OP.tableInit:
      case OP.tableCopy:
      case OP.tableFill:
      case OP.tableGrow:
        this.#bulk.push({ position: this.#reader.start, kind: 'elements' });
        this.#call(opcode === OP.tableGrow ? GROW_COST : TABLE_COST);
        break;
      case OP.memoryGrow:
        this.#cost += GROW_COST;
        break;
      case OP.globalGet:
      case OP.globalSet:
        if (operand >= this.#facts.globals) throw new RangeError(`global ${operand} does not exist`);
        this.#cost += 1;
        break;
      default:
        this.#cost += 1;
    }
  }

  get #loop(): Loop | undefined {
    return this.#frames.at(-1)?.loop;
  }

  /** A control instruction comes: what has run up is charged before it if it is much. Then the instruction's own cost. */
  #control(cost: number): void {
    if (this.#cost > this.#peak) this.#peak = this.#cost;
    if (this.#cost >= RUN_UP) {
      if (!this.#dead) this.#between.push({ position: this.#reader.start, cost: this.#cost, loop: this.#loop });
      this.#cost = 0;
    }
    this.#cost += cost;
  }

  #call(cost: number): void {
    this.#cost += cost;
    this.#calls = true;
    const loop = this.#loop;
    if (loop) loop.calls = true;
    if (this.#facts.throws) this.#exit();
  }

  #enter(loop: Loop | undefined, head: ChargeSite | undefined, openIf: boolean): void {
    this.#frames.push({ loop, head, before: this.#cost, deadBefore: this.#dead, openIf, out: NO_WAY });
  }

  #enterLoop(): void {
    const loop = { position: this.#reader.start, outer: this.#loop, before: this.#cost, calls: false } as Loop & { head: ChargeSite };
    loop.head = { position: this.#reader.position, cost: 1, loop };
    if (!this.#dead) this.#loops.push(loop);
    this.#cost = 0;
    this.#enter(loop, loop.head, false);
  }

  #nextArm(isElse: boolean): void {
    const frame = this.#frames.at(-1);
    if (!frame) return;
    if (!this.#dead) frame.out = Math.max(frame.out, this.#cost);
    frame.openIf = false;
    this.#dead = frame.deadBefore;
    this.#cost = isElse ? frame.before : Math.max(this.#peak, frame.before);
  }

  #leave(): void {
    const frame = this.#frames.pop();
    if (!frame) return;
    const ways = Math.max(this.#dead ? NO_WAY : this.#cost, frame.out, frame.openIf && !frame.deadBefore ? frame.before : NO_WAY);
    this.#dead = ways === NO_WAY;
    this.#cost = Math.max(ways, 0);
    if (this.#frames.length === 0 && !this.#dead) this.#exit();
    if (frame.head && frame.loop) this.#leaveLoop(frame.loop);
  }

  /** The rounds are known now. The head takes the way in as well, unless every round would be overcharged for it. */
  #leaveLoop({ position, head, outer, before, calls }: Loop): void {
    if (calls && outer) outer.calls = true;
    if (before <= head.cost + OVERCHARGE) head.cost = Math.max(head.cost, before);
    else this.#between.push({ position, cost: before, loop: outer });
  }

  #branch(label: number): void {
    if (this.#dead) return;
    const frame = this.#frames.at(-1 - label);
    if (!frame) throw new RangeError(`label ${label} does not exist`);
    if (frame.head) frame.head.cost = Math.max(frame.head.cost, this.#cost);
    else frame.out = Math.max(frame.out, this.#cost);
  }

  #exit(): void {
    if (!this.#dead) this.#entry.cost = Math.max(this.#entry.cost, this.#cost);
  }
}
