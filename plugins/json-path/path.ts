import type { JsonValue } from '@framegate/sdk';
import { JSONPathEnvironment, type JSONPathQuery } from 'json-p3';

/** Finds in a document what a path names; undefined: nothing. A path that can name several values gives an array, which may be empty. */
export type Path = (document: JsonValue) => JsonValue | undefined;

/** `..` looks as deep as `strictJson` reads. */
const environment = new JSONPathEnvironment({ maxRecursionDepth: 300 });

/** Reads a path (RFC 9535). Throws for what is none. */
export function compilePath(source: string): Path {
  const query = environment.compile(source);
  if (!query.singularQuery()) return (document) => query.query(document).values() as JsonValue[];
  const steps = stepsOf(query);
  return (document) => walk(document, steps);
}

type Step = string | number;

/** Of a singular query: names and indexes. Walking them takes a fraction of the library's generators, which keep locations that nobody asks for. */
function stepsOf(query: JSONPathQuery): readonly Step[] {
  return query.segments.map(({ selectors: [selector] }) => {
    const { name, index } = selector as { readonly name?: string; readonly index?: number };
    const step = name ?? index;
    if (step === undefined) throw new TypeError(`${query.toString()} has a segment that is neither a name nor an index`);
    return step;
  });
}

function walk(document: JsonValue, steps: readonly Step[]): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (typeof step === 'number') value = Array.isArray(value) ? value.at(step) : undefined;
    else value = !Array.isArray(value) && Object.hasOwn(value, step) ? (value as Readonly<Record<string, JsonValue>>)[step] : undefined;
  }
  return value;
}
