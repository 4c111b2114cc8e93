import type { JsonObject, PluginManifest } from '@framegate/sdk/abi';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { HostError } from '../errors.js';
import { TimeLimitError, withinTime } from '../time-limit.js';
import { formatPath, formatValue, valueAt } from './config-problem.js';
import { nearest } from './nearest.js';

/** Milliseconds for compiling a schema and applying it. It is the plugin's, and this is the thread of the sockets: a pattern can take for ever. */
const TIME_LIMIT_MS = 2_000;
/** More of them help nobody. */
const MAX_PROBLEMS = 100;

/**
 * Checks a route's configuration of a plugin against the JSON Schema in its manifest and fills in defaults, in a copy.
 * Throws PLUGIN_CONFIG_INVALID that lists every problem, or PLUGIN_INVALID if the schema itself is wrong or takes more than two seconds. Without a schema anything goes.
 */
export function validatePluginConfig(name: string, manifest: PluginManifest | undefined, config: JsonObject): JsonObject {
  if (manifest?.config === undefined) return config;
  const { config: schema } = manifest;
  const filled = structuredClone(config);
  const errors = judged(name, () => {
    const validate = compile(name, schema);
    return validate(filled) ? [] : (validate.errors ?? []);
  });
  if (errors.length === 0) return filled;
  const lines = errors.slice(0, MAX_PROBLEMS).map((error) => `  ${describe(error, config)}`);
  throw new HostError('PLUGIN_CONFIG_INVALID', `The configuration of plugin "${name}" is invalid:\n${[...new Set(lines)].join('\n')}`);
}

function judged<T>(name: string, run: () => T): T {
  try {
    return withinTime(TIME_LIMIT_MS, run);
  } catch (error) {
    if (error instanceof HostError) throw error;
    const why = error instanceof TimeLimitError ? error.message : `can't be applied: ${(error as Error).message}`;
    throw new HostError('PLUGIN_INVALID', `The manifest of plugin "${name}" has a \`config\` schema that ${why}.`, {
      cause: error,
      hint: 'Ask its author for a smaller schema, without patterns such as ^(a+)+$ and without references that lead back to themselves.',
    });
  }
}

function compile(name: string, schema: JsonObject): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: false, verbose: true });
  formats.default(ajv);
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new HostError(
      'PLUGIN_INVALID',
      `The manifest of plugin "${name}" has a \`config\` that is not a JSON Schema: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

function describe(error: ErrorObject, config: JsonObject): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'additionalProperties') {
    const key = String(params.additionalProperty);
    const keys = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
    const near = nearest(key, keys);
    return `${at([...path, key])}: unknown key; ${near === undefined ? `known here: ${keys.join(', ') || 'none'}` : `did you mean "${near}"?`}`;
  }
  if (error.keyword === 'required') return `${at([...path, String(params.missingProperty)])}: got nothing; it is required`;
  const allowed =
    error.keyword === 'enum'
      ? `must be one of ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`
      : error.keyword === 'const'
        ? `must be ${JSON.stringify(params.allowedValue)}`
        : (error.message ?? error.keyword);
  return `${at(path)}: got ${formatValue(valueAt(config, path))}; it ${allowed}`;
}

function at(path: readonly string[]): string {
  return formatPath(['config', ...path.map((part) => (/^\d+$/.test(part) ? Number(part) : part))]);
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
