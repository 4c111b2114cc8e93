import { isNestedBeyond } from './json-strings.js';

/** The engine parses by recursion, and overruns the host's stack (a trap, which costs the instance) somewhere above 5,000 levels. */
const MAX_DEPTH = 2000;

/** `JSON.parse` that throws a SyntaxError for text nested too deep, as it does for any other text that it can't read. */
export function guardedParse(parse: typeof JSON.parse): typeof JSON.parse {
  return function parseJson(text, reviver) {
    if (text.length > MAX_DEPTH && isNestedBeyond(String(text), MAX_DEPTH))
      throw new SyntaxError(`JSON nested deeper than ${MAX_DEPTH} levels`);
    return reviver === undefined ? parse(text) : parse(text, reviver);
  };
}
