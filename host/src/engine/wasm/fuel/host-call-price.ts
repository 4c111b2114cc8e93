/**
 * Units of fuel that a call of the host costs, beside one for each byte that it reads or hands over: what a loop of plain instructions spends in about the same
 * time, 3 a nanosecond. Measured in loops of one function, on keys and values of a few bytes.
 */
export const HOST_CALL_PRICE = {
  /** What is there already: the clock, the lengths of configuration and context. */
  known: 30,
  resultCopy: 150,
  /** A call's lines are few; those above are only counted. */
  log: 300,
  fail: 1_500,
  stateRead: 1_000,
  stateWrite: 10_000,
  httpRequest: 60_000,
  httpAnswer: 3_000,
  migration: 1_500,
  /** One value of the configuration, as JSON. */
  config: 1_500,
  clock: 500,
  random: 10_000,
  print: 3_000,
} as const;
