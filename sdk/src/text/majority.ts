/** The words are added up four at a time. */
const BLOCK = 4;

/**
 * The bits that are set in more than half of the first `count` words. `words` may be longer: the rest is 0. Bits are counted upright: digit `d`
 * of all 32 counts is one word, and an addition is a carry from digit to digit, where 32 counters would be 32 steps of an interpreter for each word.
 */
export function majorityBits(words: Int32Array, count: number): number {
  let ones = 0;
  let twos = 0;
  const fours: number[] = [];
  for (let at = 0; at < words.length; at += BLOCK) {
    const a = words[at] as number;
    const b = words[at + 1] as number;
    const c = words[at + 2] as number;
    const d = words[at + 3] as number;
    const withA = ones ^ a;
    const two = (ones & a) | (withA & b);
    const withB = withA ^ b;
    const withC = withB ^ c;
    const otherTwo = (withB & c) | (withC & d);
    ones = withC ^ d;
    const withTwo = twos ^ two;
    let carry = (twos & two) | (withTwo & otherTwo);
    twos = withTwo ^ otherTwo;
    for (let digit = 0; carry !== 0; digit++) {
      const before = fours[digit] ?? 0;
      fours[digit] = before ^ carry;
      carry &= before;
    }
  }
  return isAbove([ones, twos, ...fours], count >>> 1);
}

/** The length that holds `count` words and whole blocks. */
export function blockLength(count: number): number {
  return Math.ceil(count / BLOCK) * BLOCK;
}

/** Which of the 32 counts are greater than a number, digit by digit from the highest. */
function isAbove(digits: readonly number[], number: number): number {
  let above = 0;
  let equal = -1;
  for (let digit = digits.length - 1; digit >= 0; digit--) {
    const counted = digits[digit] as number;
    if (((number >>> digit) & 1) === 0) {
      above |= equal & counted;
      equal &= ~counted;
    } else equal &= counted;
  }
  return number >>> digits.length === 0 ? above >>> 0 : 0;
}
