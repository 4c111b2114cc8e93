import { dereference, format, type Schema, Validator } from '@cfworker/json-schema';
import type { JsonObject, JsonValue } from '@framegate/sdk';

/** Says why a value is invalid; undefined: it is valid. */
export type Check = (value: JsonValue) => string | undefined;

/** Keywords of which the library knows nothing: a schema with one of them would hold less than it says. */
const UNKNOWN = ['$dynamicRef', '$recursiveRef'];

/**
 * Makes a schema (2020-12) ready for use, its formats asserted. The host has checked its form; this throws TypeError, with the place, for a
 * reference to nothing, a format that is not known, a pattern that is no regular expression, and keywords that are not supported.
 */
export function compileSchema(schema: JsonObject | boolean, place: string): Check {
  if (typeof schema === 'object') inspect(schema as Schema, place);
  const validator = new Validator(schema as Schema | boolean, '2020-12');
  return (value) => {
    const { valid, errors } = validator.validate(value);
    if (valid) return undefined;
    const { instanceLocation, error } = errors.at(-1) ?? { instanceLocation: '#', error: 'invalid' };
    return `${instanceLocation} ${error}`;
  };
}

function inspect(schema: Schema, place: string): void {
  const known = dereference(schema);
  for (const [uri, part] of Object.entries(known)) {
    if (typeof part !== 'object') continue;
    const at = `${place}${uri.includes('#') ? decodeURIComponent(uri.slice(uri.indexOf('#') + 1)) : ''}`;
    const unknown = UNKNOWN.find((keyword) => Object.hasOwn(part, keyword));
    if (unknown !== undefined) throw new TypeError(`${at}: ${unknown} is not supported; use $ref`);
    for (const pattern of [part.pattern, ...Object.keys(part.patternProperties ?? {})]) checkPattern(pattern, at);
    const { $ref, __absolute_ref__: target } = part;
    if ($ref !== undefined && (target === undefined || known[target] === undefined))
      throw new TypeError(`${at}: $ref ${JSON.stringify($ref)} refers to nothing in this schema; nothing is fetched`);
    if (part.format !== undefined && !Object.hasOwn(format, part.format))
      throw new TypeError(`${at}: format ${JSON.stringify(part.format)} is not known; known are ${Object.keys(format).join(', ')}`);
  }
}

/** The library compiles patterns when it needs them. */
function checkPattern(pattern: string | undefined, at: string): void {
  if (pattern === undefined) return;
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    throw new TypeError(`${at}: pattern ${JSON.stringify(pattern)} is no regular expression: ${(error as Error).message}`);
  }
}
