import type { JsonValue } from '@framegate/sdk';
import { JqError } from './error.js';
import type { Builtin, Filter } from './filter.js';
import { made } from './path.js';
import { describe } from './value.js';

/** A function of its input and the values of its parameters, for each combination of these; the first one is the outer loop. */
export function plain(run: (value: JsonValue, ...values: JsonValue[]) => JsonValue): Builtin {
  return (...parameters) => {
    const call = (scope: Parameters<Filter>[0], value: JsonValue, values: JsonValue[], emit: (result: JsonValue) => void): void => {
      const parameter = parameters[values.length];
      if (parameter === undefined) emit(run(value, ...values));
      else parameter(scope, value, undefined, (item) => call(scope, value, [...values, item], emit));
    };
    return (scope, value, path, emit) => call(scope, value, [], (result) => emit(result, made(path)));
  };
}

export function need<T extends JsonValue>(value: JsonValue, is: (value: JsonValue) => value is T, what: string): T {
  if (!is(value)) throw new JqError(`${describe(value)} ${what}`);
  return value;
}

export const isText = (value: JsonValue): value is string => typeof value === 'string';
export const isNumber = (value: JsonValue): value is number => typeof value === 'number';
export const isArray = (value: JsonValue): value is JsonValue[] => Array.isArray(value);
