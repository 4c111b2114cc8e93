/** How messages name a value of the wrong type: "a string", "null". */
export function describeType(value: unknown): string {
  return value === null ? 'null' : `a ${typeof value}`;
}
