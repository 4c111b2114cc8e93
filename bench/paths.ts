import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, seen from bench/dist, where the compiled bench runs. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The bundled plugins, in the order of the default chain. */
export const BUNDLED_PLUGINS = ['size-limit', 'word-filter', 'copypasta'] as const;

/** The compiled module of a bundled plugin. */
export const bundledWasm = (plugin: string): string => join(ROOT, 'plugins', plugin, 'dist', 'plugin.wasm');
