import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HostError } from '../errors.js';
import { readRegularFile } from '../regular-file.js';
import { conflicts } from './config-conflicts.js';
import { formatProblem, problemsOf } from './config-problem.js';
import { configSchema, type HostConfig } from './config-schema.js';
import { findJsonMistake } from './json-mistake.js';
import { knownKeys } from './known-keys.js';
import { sha256 } from './plugin-trust.js';

/** The file that is read when none is named. */
export const DEFAULT_CONFIG_FILE = 'framegate.config.json';

/** A configuration, and where it was read. */
export interface LoadedConfig {
  readonly config: HostConfig;
  /** Relative `use` paths start here. */
  readonly folder: string;
  /** `undefined`: there was no file, these are the defaults. */
  readonly file: string | undefined;
}

/**
 * Checks a configuration and fills in its defaults. `source` names it in messages.
 * Throws one HostError CONFIG_INVALID that lists everything that is wrong with it.
 */
export function parseConfig(input: unknown, source = 'the configuration'): HostConfig {
  const parsed = configSchema.safeParse(input);
  const problems = parsed.success ? conflicts(parsed.data) : problemsOf(parsed.error, input, knownKeys);
  if (parsed.success && problems.length === 0) return parsed.data;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
  throw new HostError('CONFIG_INVALID', `${count} in ${source}:\n${lines.join('\n')}`);
}

/**
 * Reads `framegate.config.json`, or the file that was named (.json, .js, .mjs), from `folder`.
 * Without a name a missing file means the defaults; a named one that is missing is CONFIG_NOT_FOUND.
 */
export async function loadConfig(named?: string, folder = process.cwd()): Promise<LoadedConfig> {
  const file = resolve(folder, named ?? DEFAULT_CONFIG_FILE);
  if (/\.[cm]?tsx?$/.test(file)) {
    throw new HostError('CONFIG_INVALID', `${file} is TypeScript, which is not read here.`, {
      hint: 'Write it as JSON, or compile it to .mjs first.',
    });
  }
  let text: string;
  try {
    text = String(await readRegularFile(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && named === undefined) return { config: parseConfig({}), folder, file: undefined };
    const why = code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new HostError('CONFIG_NOT_FOUND', `Cannot read the configuration ${file}: ${why}.`, { cause: error });
  }
  const input = /\.m?js$/.test(file) ? await importConfig(file, text) : parseJson(text, file);
  return { config: parseConfig(input, file), folder: dirname(file), file };
}

function parseJson(text: string, file: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(json);
  } catch (error) {
    const mistake = findJsonMistake(json);
    const at = mistake === undefined ? '' : `:${mistake.line}:${mistake.column}`;
    const what = mistake?.message ?? (error as Error).message;
    const frame = mistake?.frame === undefined ? '' : `\n${mistake.frame}`;
    // the cause would quote the text, which may hold secrets
    throw new HostError('CONFIG_INVALID', `${file}${at} is not JSON: ${what}${frame}`, {
      hint: 'Correct the file there; a configuration that computes or comments is written as .mjs and named with --config.',
    });
  }
}

/** Node keeps what it has imported under its address: another text needs another one. */
async function importConfig(file: string, text: string): Promise<unknown> {
  let module: { readonly default?: unknown };
  try {
    module = await import(`${pathToFileURL(file).href}?${sha256(text)}`);
  } catch (error) {
    throw new HostError('CONFIG_INVALID', `${file} failed while it was being imported: ${(error as Error).message}`, {
      cause: error,
      hint: 'Correct the file; `node` with its path runs it by itself.',
    });
  }
  if (module.default === undefined)
    throw new HostError('CONFIG_INVALID', `${file} has no default export.`, { hint: 'Export the configuration with `export default`.' });
  return module.default;
}
