import type { JsonValue } from '@framegate/sdk';
import { childrenOf, type Selector } from './selectors.js';

/** `deep`: it looks into a value and all that is below it. `step`: the one name or index that it selects. */
export interface Segment {
  readonly deep: boolean;
  readonly selectors: readonly Selector[];
  readonly step: string | number | undefined;
}

/** A path, read. */
export interface Query {
  readonly segments: readonly Segment[];
}

/** Names and indexes, if these are all that the path is made of: then it finds one value or nothing. */
export function stepsOf({ segments }: Query): readonly (string | number)[] | undefined {
  const steps = segments.flatMap(({ deep, step }) => (deep || step === undefined ? [] : [step]));
  return steps.length === segments.length ? steps : undefined;
}

/** All that a path finds from a value on, in the document's order. */
export function find({ segments }: Query, start: JsonValue, root: JsonValue): readonly JsonValue[] {
  let values: JsonValue[] = [start];
  for (const { deep, selectors } of segments) {
    const found: JsonValue[] = [];
    for (const value of deep ? withDescendants(values) : values) for (const select of selectors) select(value, root, found);
    values = found;
  }
  return values;
}

function withDescendants(values: readonly JsonValue[]): JsonValue[] {
  const found: JsonValue[] = [];
  const visit = (value: JsonValue): void => {
    found.push(value);
    for (const child of childrenOf(value)) visit(child);
  };
  for (const value of values) visit(value);
  return found;
}

/** Follows names and indexes. */
export function walk(document: JsonValue, steps: readonly (string | number)[]): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (typeof step === 'number') value = Array.isArray(value) ? value.at(step) : undefined;
    else value = !Array.isArray(value) && Object.hasOwn(value, step) ? (value as Readonly<Record<string, JsonValue>>)[step] : undefined;
  }
  return value;
}
