import { CALL_COST, type ChargePlan } from './charge-plan.js';

/** Instructions, those of functions that it calls included, up to which a function charges nothing: its callers pay for the call. */
const FREE_COST = 5 * CALL_COST;
const CHARGED = Number.POSITIVE_INFINITY;
const VISITING = Number.NaN;
/** Deeper chains of free functions are not looked for. */
const MAX_DEPTH = 16;

/**
 * Which functions need not charge: those without a loop and without an indirect call whose whole cost stays below a small constant.
 * A chain of calls that comes back to itself always meets a function that charges, so recursion is metered.
 * `plans[i]` is the function with index `imported + i`.
 */
export function unchargedFunctions(plans: readonly ChargePlan[], imported: number): boolean[] {
  const totals: (number | undefined)[] = plans.map(({ entry, between, bulk, loops, callsIndirectly }) => {
    const free = entry.cost <= FREE_COST && between.length === 0 && bulk.length === 0 && loops.length === 0 && !callsIndirectly;
    return free ? undefined : CHARGED;
  });
  const total = (index: number, depth: number): number => {
    const known = totals[index];
    if (known !== undefined) return known;
    const plan = plans[index];
    if (!plan) return CHARGED;
    totals[index] = VISITING;
    let cost = depth < MAX_DEPTH ? plan.entry.cost : CHARGED;
    for (const callee of cost <= FREE_COST ? plan.callees : []) {
      const inner = callee < imported ? 0 : total(callee - imported, depth + 1);
      // a circle closes here
      if (Number.isNaN(inner)) cost = CHARGED;
      else if (inner !== CHARGED) cost += inner;
    }
    const result = cost <= FREE_COST ? cost : CHARGED;
    totals[index] = result;
    return result;
  };
  return plans.map((_, index) => total(index, 0) !== CHARGED);
}
