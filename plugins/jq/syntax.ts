import type { JsonValue } from '@framegate/sdk';

/** A filter as it is written. `at` is where it stands in the source. */
export type Node =
  | { readonly kind: 'identity' }
  | { readonly kind: 'literal'; readonly value: JsonValue }
  | { readonly kind: 'text'; readonly format: string; readonly parts: readonly (string | Node)[]; readonly at: number }
  | { readonly kind: 'format'; readonly name: string; readonly at: number }
  | { readonly kind: 'index'; readonly target: Node; readonly key: Node }
  | { readonly kind: 'slice'; readonly target: Node; readonly from: Node | undefined; readonly to: Node | undefined }
  | { readonly kind: 'iterate'; readonly target: Node }
  | { readonly kind: 'try'; readonly body: Node; readonly handler: Node | undefined }
  | { readonly kind: 'array'; readonly body: Node | undefined }
  | { readonly kind: 'object'; readonly entries: readonly { readonly key: Node; readonly value: Node }[] }
  | { readonly kind: 'negate'; readonly body: Node }
  | { readonly kind: 'pipe'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'comma'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'alternative'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'operator'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'assign'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'if'; readonly condition: Node; readonly then: Node; readonly otherwise: Node }
  | { readonly kind: 'reduce'; readonly source: Node; readonly patterns: readonly Pattern[]; readonly start: Node; readonly update: Node }
  | {
      readonly kind: 'foreach';
      readonly source: Node;
      readonly patterns: readonly Pattern[];
      readonly start: Node;
      readonly update: Node;
      readonly extract: Node;
    }
  | { readonly kind: 'bind'; readonly source: Node; readonly patterns: readonly Pattern[]; readonly body: Node }
  | { readonly kind: 'label'; readonly name: string; readonly body: Node }
  | { readonly kind: 'break'; readonly name: string; readonly at: number }
  | { readonly kind: 'define'; readonly definition: Definition; readonly rest: Node }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Node[]; readonly at: number }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number };

/** What `as` takes a value apart with. */
export type Pattern =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'array'; readonly items: readonly Pattern[] }
  | { readonly kind: 'object'; readonly entries: readonly PatternEntry[] };

/** `variable`: bound to the whole member, as in `{$name}` and `{$name: [$first]}`. */
export interface PatternEntry {
  readonly variable: string | undefined;
  readonly key: Node;
  readonly value: Pattern | undefined;
}

/** `def name(parameters): body;` A parameter with `$` in front is a value, another one a filter. */
export interface Definition {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly body: Node;
}
