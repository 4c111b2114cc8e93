/** A JSON Schema literal of an object, as far as {@link ConfigOf} reads it; the host understands the whole of JSON Schema 2020-12. */
export interface ConfigSchema {
  readonly type: 'object';
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/**
 * The type of a value that a JSON Schema literal describes, defaults filled in: members with a `default` are there. Reads `const`,
 * `enum`, `type`, `items`, `properties`, `required`, `anyOf` and `oneOf`; anything else is `unknown`.
 */
export type ConfigOf<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly anyOf: readonly (infer Choice)[] } | { readonly oneOf: readonly (infer Choice)[] }
      ? ConfigOf<Choice>
      : Schema extends { readonly type: infer Type }
        ? OfType<Type extends readonly (infer One)[] ? One : Type, Schema>
        : unknown;

type OfType<Type, Schema> = Type extends 'object'
  ? OfObject<Schema>
  : Type extends 'array'
    ? readonly (Schema extends { readonly items: infer Items } ? ConfigOf<Items> : unknown)[]
    : Type extends keyof Scalars
      ? Scalars[Type]
      : unknown;

interface Scalars {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly null: null;
}

type OfObject<Schema> = Schema extends { readonly properties: infer Properties }
  ? {
      readonly [Key in keyof Properties as IsThere<Key, Properties[Key], Schema> extends true ? Key : never]: ConfigOf<Properties[Key]>;
    } & {
      readonly [Key in keyof Properties as IsThere<Key, Properties[Key], Schema> extends true ? never : Key]?: ConfigOf<Properties[Key]>;
    }
  : Readonly<Record<string, unknown>>;

type IsThere<Key, Property, Schema> = Property extends { readonly default: unknown }
  ? true
  : Schema extends { readonly required: readonly (infer Required)[] }
    ? Key extends Required
      ? true
      : false
    : false;
