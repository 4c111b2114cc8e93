import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ABI_VERSION, HOOKS, type PluginManifest } from '../abi/manifest.js';
import { parseManifest } from '../abi/manifest-section.js';
import { CompileError } from './compile-error.js';

/** The manifest of a plugin whose language has no place for it: a JSON file beside its package.json, without `abi` and `hooks`. */
export const PLUGIN_JSON = 'plugin.json';

const DEFAULTS = { capabilities: { state: ['plugin'], http: [] } };

/**
 * Reads plugin.json. The ABI's version and the hooks are the module's own: they are filled in. Throws CompileError that names the file and
 * what is wrong in it.
 */
export function readPluginJson(project: string, exports: readonly string[]): PluginManifest {
  const file = join(project, PLUGIN_JSON);
  if (!existsSync(file)) {
    throw new CompileError(
      'manifest',
      `there is no ${PLUGIN_JSON} in ${project}: it says what the plugin is, at least { "name": "my-plugin", "version": "1.0.0" }`,
    );
  }
  const declared = parse(readFileSync(file, 'utf8'));
  for (const key of ['abi', 'hooks']) {
    if (key in declared) throw new CompileError('manifest', `${PLUGIN_JSON}: leave out "${key}": the build fills it in from the module`);
  }
  const hooks = HOOKS.filter((hook) => exports.includes(hook));
  if (!hooks.some((hook) => hook.endsWith('_message'))) {
    throw new CompileError(
      'shape',
      `the module exports ${exports.join(', ') || 'nothing'}; it needs a function "on_request_message" or "on_response_message"`,
    );
  }
  try {
    return parseManifest(JSON.stringify({ ...DEFAULTS, ...declared, abi: ABI_VERSION, hooks }));
  } catch (error) {
    throw new CompileError('manifest', `${PLUGIN_JSON}: ${(error as Error).message}`, undefined, { cause: error });
  }
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CompileError('manifest', `${PLUGIN_JSON} is not JSON: ${(error as Error).message}`, undefined, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CompileError('manifest', `${PLUGIN_JSON} is ${JSON.stringify(value)}, not an object`);
}
