import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '../abi/manifest.js';
import { CompileError } from './compile-error.js';

const ROOT = 'config';

/** Throws CompileError, which names the place, for a schema of a plugin's configuration that is none, and for a default that it refuses itself. */
export function checkConfigSchema(schema: JsonObject): void {
  // Formats are the host's to check: here they all pass.
  const ajv = new Ajv2020({ strict: false, useDefaults: true, verbose: true, logger: false });
  if (ajv.validateSchema(schema) !== true) {
    const [error] = ajv.errors ?? [];
    const allowed = (error?.params as { allowedValues?: readonly unknown[] } | undefined)?.allowedValues;
    const what = allowed === undefined ? error?.message : `must be one of ${allowed.map((value) => JSON.stringify(value)).join(', ')}`;
    throw refusal(error?.instancePath ?? '', `is ${JSON.stringify(error?.data)}, and ${what}`);
  }
  try {
    ajv.addSchema(schema, ROOT).getSchema(ROOT);
  } catch (error) {
    throw new CompileError('manifest', `config is not a JSON Schema: ${(error as Error).message}`, undefined, { cause: error });
  }
  for (const [path, value] of defaultsIn(schema, '')) {
    const validate = ajv.getSchema(`${ROOT}#${path}`);
    if (validate === undefined || validate(structuredClone(value))) continue;
    const [error] = validate.errors ?? [];
    throw refusal(`${path}/default`, `is ${JSON.stringify(value)}, which the schema beside it refuses: it ${error?.message}`);
  }
}

/** Each default of a property, at any depth, under the JSON Pointer of its schema. */
function defaultsIn(schema: unknown, path: string): [path: string, value: unknown][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { default: value, properties, items } = schema as { default?: unknown; properties?: object; items?: unknown };
  return [
    ...(value === undefined ? [] : [[path, value] as [string, unknown]]),
    ...Object.entries(properties ?? {}).flatMap(([name, property]) => defaultsIn(property, `${path}/properties/${pointerOf(name)}`)),
    ...defaultsIn(items, `${path}/items`),
  ];
}

function pointerOf(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function refusal(pointer: string, why: string): CompileError {
  const place = [
    'config',
    ...pointer
      .split('/')
      .slice(1)
      .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')),
  ];
  return new CompileError('manifest', `${place.join('.')} ${why}`);
}
