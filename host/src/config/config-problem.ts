import type * as z from 'zod';
import { nearest } from './nearest.js';

export type Path = readonly PropertyKey[];

/** One thing that is wrong with a configuration: where, what was got, what is allowed. */
export interface ConfigProblem {
  readonly path: Path;
  readonly message: string;
}

/** Turns zod's issues into problems for people. `known` lists the keys that an object at a path may have. */
export function problemsOf(error: z.ZodError, input: unknown, known: (path: Path, input: unknown) => readonly string[]): ConfigProblem[] {
  return error.issues.flatMap((issue) => explain(issue, [], input, known));
}

/** `routes[0].plugins[1].use`; the whole document is `(root)`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[$\w-]+$/.test(String(part))) text += text === '' ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text === '' ? '(root)' : text;
}

/** `routes[0].path: what is wrong with it`. */
export function formatProblem({ path, message }: ConfigProblem): string {
  return `${formatPath(path)}: ${message}`;
}

/** A value as it stood in the configuration, cut to one line. */
export function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `${Array.isArray(value) ? 'a list' : 'an object'} that is nested too deeply to be shown`;
  }
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

type Issue = z.core.$ZodIssue;
type KnownKeys = (path: Path, input: unknown) => readonly string[];

function explain(issue: Issue, base: Path, input: unknown, known: KnownKeys): ConfigProblem[] {
  const path = [...base, ...issue.path];
  const got = path.includes('headers') ? 'its value is not shown' : `got ${formatValue(valueAt(input, path))}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const keys = known(path, input);
        const near = nearest(key, keys);
        return {
          path: [...path, key],
          message: `unknown key; ${near === undefined ? `known here: ${keys.join(', ')}` : `did you mean "${near}"?`}`,
        };
      });
    case 'invalid_union': {
      if (issue.errors.length === 0) return [{ path, message: `${got}; ${issue.message.replace(/^.*Expected /, 'expected ')}` }];
      const value = valueAt(input, path);
      const branch = issue.errors.find((errors) => errors.every((error) => !(error.path.length === 0 && isWrongKind(error))));
      if (branch !== undefined && value !== undefined) return branch.flatMap((error) => explain(error, path, input, known));
      const allowed = issue.errors
        .flat()
        .map((error) => expected(error))
        .join(', or ');
      return [{ path, message: `${got}; expected ${allowed}` }];
    }
    case 'invalid_key':
      return [{ path, message: `the key is not allowed; ${issue.issues.map((inner) => inner.message).join('; ')}` }];
    case 'custom':
      return [{ path, message: issue.message }];
    default:
      return [{ path, message: `${got}; expected ${expected(issue)}` }];
  }
}

/** What an issue of zod asks for, in words: `expected a whole number`. Says nothing of the value that was got. */
export function expectation(issue: Issue): string {
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'unrecognized_keys') return `unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.join(', ')}`;
  return `expected ${expected(issue)}`;
}

/** The issue says that the value is of another kind altogether, so this branch of a union was not meant. */
function isWrongKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
};

function expected(issue: Issue): string {
  if (issue.message.startsWith('Expected ')) return issue.message.slice('Expected '.length);
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `at least ${issue.minimum} ${unit(issue.origin, issue.minimum)}`
        : `${issue.minimum} or more`;
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `at most ${issue.maximum} ${unit(issue.origin, issue.maximum)}`
        : `${issue.maximum} or less`;
    case 'invalid_union':
      return issue.errors
        .flat()
        .map((error) => expected(error))
        .join(', or ');
    case 'invalid_format':
      return issue.format === 'url' ? 'an address such as https://example.com/path' : issue.message;
    default:
      return issue.message;
  }
}

function unit(origin: string, count: number | bigint): string {
  return (origin === 'string' ? 'character' : 'item') + (Number(count) === 1 ? '' : 's');
}

export function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
