import type { JsonValue } from '@framegate/sdk';
import { find, stepsOf, walk } from './query.js';
import { readQuery } from './query-reader.js';

/** Finds in a document what a path names; undefined: nothing. A path that can name several values gives an array, which may be empty. */
export type Path = (document: JsonValue) => JsonValue | undefined;

/** Reads a path (RFC 9535). Throws SyntaxError for what is none. */
export function compilePath(source: string): Path {
  const query = readQuery(source);
  const steps = stepsOf(query);
  if (steps !== undefined) return (document) => walk(document, steps);
  return (document) => [...find(query, document, document)];
}
