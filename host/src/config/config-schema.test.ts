import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { parseConfig } from './config-file.js';
import { configJsonSchema } from './config-schema.js';

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** Update with `npx vitest run host/src/config/config-schema.test.ts -u`. */
it('is published as config.schema.json, which is fresh', async () => {
  await expect(`${JSON.stringify(configJsonSchema(), null, 2)}\n`).toMatchFileSnapshot('./config.schema.json');
});

it('describes every option', () => {
  const silent: string[] = [];
  const visit = (node: Node, path: string): void => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      if (child.description === undefined) silent.push(`${path}.${key}`);
      visit(child, `${path}.${key}`);
    }
    for (const child of [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.items === undefined ? [] : [node.items])])
      visit(child, path);
  };
  visit(configJsonSchema() as Node, '');
  expect(silent).toEqual([]);
});

it('accepts as JSON Schema what the host accepts', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(configJsonSchema());
  expect([validate({}), validate({ $schema: 'x', server: { port: 0 }, routes: [{}] }), validate({ sever: {} })]).toEqual([
    true,
    true,
    false,
  ]);
});

it('has the chat with three plugins as its default', () => {
  const { routes, server } = parseConfig({});
  expect([server.host, server.port]).toEqual(['127.0.0.1', 4444]);
  expect(routes.map(({ path, backend, plugins }) => [path, backend.kind, plugins.map(({ use }) => use)])).toEqual([
    ['/chat', 'chat', ['size-limit', 'word-filter', 'copypasta']],
  ]);
});

it('takes its own output', () => {
  const config = parseConfig({
    routes: [{ path: '/x/*', backend: { kind: 'upstream', url: 'wss://example.com' }, plugins: [{ use: './a.wasm' }] }],
  });
  expect(parseConfig(config)).toEqual(config);
});
