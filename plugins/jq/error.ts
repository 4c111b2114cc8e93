import type { JsonValue } from '@framegate/sdk';

/** A filter that can't be read. `at` counts UTF-16 units from the start of its source. */
export class JqSyntaxError extends Error {
  override readonly name = 'JqSyntaxError';
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** What `error` raises and `try` catches: any value, which is the message if it is a text. */
export class JqError extends Error {
  override readonly name = 'JqError';
  readonly value: JsonValue;

  constructor(value: JsonValue) {
    super(typeof value === 'string' ? value : `${JSON.stringify(value)} (not a string)`);
    this.value = value;
  }
}

/** Ends a generator from outside: `break`, `first`, `limit`. `try` lets it through. */
export class Stop {}
