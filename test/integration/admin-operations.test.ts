import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdminApplication } from '../../host/src/admin/admin-app.js';
import { type AdminHostUnderTest, KEYS, startAdmin } from '../support/admin-client.js';
import { stopAfterEach } from '../support/hosts.js';

stopAfterEach();

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
}
interface Operation {
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** One operation, with an address that it answers at, whatever there is. */
interface Row {
  readonly method: string;
  /** Below /api/v1. */
  readonly path: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly changes: boolean;
  readonly definition: Operation;
}

const SESSION = ['/login', '/logout'];
/** What the listener answers that is no operation of the API: probes, metrics, the document itself, and the dashboard's files. */
const BESIDE_THE_API = ['GET /healthz', 'GET /readyz', 'GET /metrics', 'GET /openapi.json', 'GET /*'];

let running: AdminHostUnderTest;
let document: Document;

async function readDocument(): Promise<Document> {
  return (await (await fetch(`${running.admin}/openapi.json`)).json()) as Document;
}

function rows(): Row[] {
  return Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations).map(([name, definition]) => {
      const [, role] = /Role: (viewer|operator|admin)\./.exec(definition.description ?? '') ?? [];
      const query = (definition.parameters ?? []).filter((parameter) => parameter.in === 'query' && parameter.required === true);
      const path =
        template.replace('/api/v1', '').replace(/\{\w+\}/g, 'none') +
        (query.length === 0 ? '' : `?${query.map((parameter) => `${parameter.name}=plugin`).join('&')}`);
      const method = name.toUpperCase();
      return { method, path, role: role as Row['role'], changes: method !== 'GET', definition };
    }),
  );
}

function schemaOf({ definition }: Row): Schema | undefined {
  const schema = definition.requestBody?.content['application/json'].schema;
  return schema?.$ref === undefined ? schema : document.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
}

beforeEach(async () => {
  running = await startAdmin({ drain: { delayMs: 600_000 }, admin: { requestsPerMinute: 100_000, failuresPerMinute: 10_000 } });
  document = await readDocument();
});

describe('the OpenAPI document', () => {
  it('is valid, and says of every operation who may call it', async () => {
    const result = await new Validator().validate({ ...structuredClone(document) });
    expect(result.errors).toBeUndefined();
    expect([result.valid, document.openapi]).toEqual([true, '3.1.0']);
    expect(rows().length).toBeGreaterThan(30);
    for (const { method, path, role, definition } of rows()) {
      expect(['viewer', 'operator', 'admin'], `${method} ${path}`).toContain(role);
      expect(definition.security, `${method} ${path}`).toEqual([{ bearer: [] }, { session: [] }]);
    }
  });
});

describe('the routes that the admin listener has', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('are the operations of its OpenAPI document, and the few that are named here', async () => {
    const closed = vi.spyOn(AdminApplication.prototype, 'close');
    await running.host.close();
    const [application] = closed.mock.contexts as AdminApplication[];
    const { routes } = application?.app ?? expect.fail('the host has closed no admin application');
    // Middleware is for all methods; one operation has several handlers.
    const registered = new Set(routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`));
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.length).toBeGreaterThan(30);
    expect([...registered].sort()).toEqual([...documented, ...BESIDE_THE_API].sort());
  });
});

describe('every operation of the admin API', () => {
  it('takes a key', async () => {
    for (const { method, path } of rows()) {
      const { status, body } = await running.ask(
        undefined,
        method,
        path,
        method === 'GET' ? undefined : { credential: 'wrong-wrong-wrong' },
      );
      expect([status, body.error.code], `${method} ${path}`).toEqual([401, 'unauthorized']);
    }
  });

  it('takes the role that it says, before it looks at what came', async () => {
    const lower = { viewer: [], operator: ['viewer'], admin: ['viewer', 'operator'] } as const;
    for (const { method, path, role, changes } of rows().filter(({ path }) => !SESSION.includes(path))) {
      expect(changes ? role !== 'viewer' : true, `${method} ${path}: a viewer changes nothing`).toBe(true);
      for (const as of lower[role]) {
        const { status, body } = await running.ask(as, method, path, changes ? '{' : undefined);
        expect([status, body.error.code], `${as} ${method} ${path}`).toEqual([403, 'forbidden']);
      }
    }
  });

  it('refuses a body that is no JSON, and one that lacks what it needs, and names the field', async () => {
    const withBody = rows().filter((row) => row.definition.requestBody !== undefined && !SESSION.includes(row.path));
    expect(withBody.length).toBeGreaterThan(3);
    for (const row of withBody) {
      const place = `${row.method} ${row.path}`;
      const broken = await running.ask('admin', row.method, row.path, '{');
      expect([broken.status, broken.body.error.field], place).toEqual([400, 'body']);
      const [required] = schemaOf(row)?.required ?? [];
      if (required === undefined) continue;
      const empty = await running.ask('admin', row.method, row.path, {});
      expect([empty.status, empty.body.error.code], place).toEqual([400, 'invalid']);
      expect(schemaOf(row)?.required, place).toContain(empty.body.error.field?.split('.')[0]);
    }
  });

  it('refuses numbers of its address that are none, and names them', async () => {
    let asked = 0;
    for (const { method, path, definition } of rows()) {
      for (const { name, in: place, schema } of definition.parameters ?? []) {
        if (place !== 'query' || ![schema.type].flat().some((type) => type === 'integer' || type === 'number')) continue;
        asked += 1;
        const { status, body } = await running.ask('admin', method, `${path}${path.includes('?') ? '&' : '?'}${name}=many`);
        expect([status, body.error.code, body.error.field], `${method} ${path} ${name}`).toEqual([400, 'invalid', name]);
      }
    }
    expect(asked).toBeGreaterThan(8);
  });

  it('that changes something acts by cookie for pages of this very address only', async () => {
    const login = await running.ask(undefined, 'POST', '/login', { credential: KEYS.admin });
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    for (const { method, path } of rows().filter(({ changes, path }) => changes && path !== '/login')) {
      for (const headers of [{ cookie }, { cookie, origin: 'http://evil.example' }, { cookie, 'sec-fetch-site': 'cross-site' }]) {
        const { status, body } = await running.ask(undefined, method, path, {}, headers);
        expect([status, body.error.code], `${method} ${path} ${JSON.stringify(headers)}`).toEqual([403, 'origin']);
      }
    }
  });

  it('that changes something leaves a trace, whatever became of it', async () => {
    const writes = rows().filter(({ changes, path }) => changes && path !== '/login');
    for (const { method, path } of writes) await running.ask('admin', method, path, {});
    const login = await running.ask(undefined, 'POST', '/login', { credential: KEYS.admin });
    expect(login.status).toBe(200);
    const { body } = await running.ask('viewer', 'GET', '/audit?limit=1000');
    expect(body.items).toHaveLength(writes.length + 1);
    for (const entry of body.items)
      expect(entry).toMatchObject({ actor: 'the admin', role: 'admin', address: '127.0.0.1', at: expect.any(String) });
  });

  it('is throttled by address, with a word on when to come back', async () => {
    const throttled = await startAdmin({ admin: { requestsPerMinute: 1 } });
    await throttled.ask('viewer', 'GET', '/status');
    for (const { method, path, changes } of rows()) {
      const { status, headers, body } = await throttled.ask('admin', method, path, changes ? {} : undefined);
      expect([status, body.error.code], `${method} ${path}`).toEqual([429, 'throttled']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });
});
