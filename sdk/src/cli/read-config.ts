import type { JsonObject } from '../abi/manifest.js';
import { UserError } from './output.js';
import { readInput } from './read-input.js';

/** A plugin's configuration as JSON, or the name of a file that has it. Throws UserError for what is no JSON object. */
export async function readConfig(config: string): Promise<JsonObject> {
  const inline = config.trimStart().startsWith('{');
  const text = inline ? config : Buffer.from(await readInput(config)).toString('utf8');
  const where = inline ? '--config' : config;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${where}: this is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(`${where}: a configuration is a JSON object`);
  return value as JsonObject;
}
