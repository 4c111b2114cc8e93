/** How messages name a value of the wrong type: "a string", "an object", "null". */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
