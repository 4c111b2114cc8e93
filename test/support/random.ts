/** A reproducible random source: the seed is printed, and FRAMEGATE_SEED repeats a run. */
export function seededRandom(label: string): (below: number) => number {
  const seed = Number(process.env.FRAMEGATE_SEED ?? Date.now() % 2 ** 31);
  console.log(`${label}: FRAMEGATE_SEED=${seed}`);
  let state = seed | 0;
  return (below) => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
