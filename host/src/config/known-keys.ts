import { type Path, valueAt } from './config-problem.js';
import { configJsonSchema } from './config-schema.js';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

let root: SchemaNode | undefined;

/** The keys that an object at `path` may have, by the published JSON Schema. In a union with a `kind`, those of the kind that the input names. */
export function knownKeys(path: Path, input: unknown): readonly string[] {
  root ??= configJsonSchema() as SchemaNode;
  let nodes = branches(root, input);
  path.forEach((part, depth) => {
    const value = valueAt(input, path.slice(0, depth + 1));
    nodes = nodes.flatMap((node) => {
      const next = typeof part === 'number' ? node.items : (node.properties?.[String(part)] ?? node.additionalProperties);
      return next === undefined || typeof next === 'boolean' ? [] : branches(next, value);
    });
  });
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function branches(node: SchemaNode, value: unknown): readonly SchemaNode[] {
  const options = node.anyOf ?? node.oneOf;
  if (options === undefined) return [node];
  const kind = valueAt(value, ['kind']);
  const meant = options.filter((option) => kind !== undefined && option.properties?.kind?.const === kind);
  return meant.length > 0 ? meant : options;
}
