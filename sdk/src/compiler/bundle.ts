import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { describeMessage, isBuildFailure, missingFiles, toCompileError } from './bundle-failure.js';
import { CompileError } from './compile-error.js';
import { DIST } from './core-files.js';
import { ENTRY_FILE, SDK_NAMESPACE, SOURCE_NAMESPACE, sourceName } from './source-name.js';
import { BUNDLE_NAME } from './source-position.js';

/** A plugin's source: a file, or text that resolves its imports from a folder. */
export type PluginSource = { readonly entry: string } | { readonly source: string; readonly resolveDir: string };

export interface Bundle {
  /** A script that leaves `() => GuestModule` at `globalThis.__framegate.module`. */
  readonly code: string;
  readonly sourceMap: string;
  readonly warnings: readonly string[];
  /** Full paths of the files that went in, without the sdk's. */
  readonly sources: readonly string[];
}

/** The global under which a core's boot objects stand while a plugin is built; it is deleted before the snapshot. */
export const BOOT = '__framegate';

const PLUGIN_SPECIFIER = 'framegate:plugin';
/** What source given as text is called. */
export const INLINE_FILE = 'plugin.ts';
const ENTRY = `import * as plugin from '${PLUGIN_SPECIFIER}';
import { toGuestModule } from '@framegate/sdk/guest-module';
const boot = globalThis.${BOOT};
const { default: whole, ...named } = plugin;
// A CommonJS source appears as its own default export, which says nothing.
const commonJs = typeof whole === 'object' && whole !== null && Object.keys(whole).every((name) => name in named);
boot.module = () => toGuestModule(commonJs ? named : plugin, boot.native);`;

/**
 * Bundles a plugin with everything it imports into one script. Names inside are relative to the entry's folder, so that the bundle
 * is the same wherever it is built. Throws CompileError with a code frame. `reads`: see CompileOptions.
 */
export async function bundlePlugin(source: PluginSource, minify: boolean, reads?: (file: string) => void): Promise<Bundle> {
  if ('entry' in source) reads?.(resolve(source.entry));
  const location = locate(source);
  const plain = await bundle(location, minify, false, reads);
  // What only migrations need is left out of all others. The word counts wherever it stands.
  const migrates = plain.inputs.some((file) => /(?<![\w$])migrate(?![\w$])/.test(readSource(location, file) ?? ''));
  return migrates ? bundle(location, minify, true) : plain;
}

async function bundle(
  location: Located,
  minify: boolean,
  migrates: boolean,
  reads?: (file: string) => void,
): Promise<Bundle & { readonly inputs: readonly string[] }> {
  const { folder } = location;
  try {
    const result = await build({
      stdin: { contents: ENTRY, resolveDir: folder, sourcefile: ENTRY_FILE },
      absWorkingDir: folder,
      outfile: BUNDLE_NAME,
      bundle: true,
      write: false,
      // A function scope: its variables are slots, where a script's would be properties of the global object.
      format: 'iife',
      target: 'es2022',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      define: { 'process.env.NODE_ENV': '"production"', FRAMEGATE_MIGRATES: String(migrates) },
      // Names stay: they stand in stack traces, and cost next to nothing where no source text is kept.
      minifySyntax: minify,
      charset: 'utf8',
      legalComments: 'none',
      sourcemap: 'external',
      metafile: true,
      logLevel: 'silent',
      plugins: [sdkFiles(), pluginEntry(location), ...(reads === undefined ? [] : [fileReads(reads)])],
    });
    const inputs = Object.keys(result.metafile.inputs);
    const text = (ending: string) => result.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
    return {
      code: text('.js'),
      sourceMap: normaliseMap(text('.map')),
      warnings: result.warnings.map(describeMessage),
      sources: inputs.filter(isFile).map((file) => join(folder, file)),
      inputs: inputs.filter((input) => input !== ENTRY_FILE && !input.startsWith(`${SDK_NAMESPACE}:`)),
    };
  } catch (error) {
    if (reads !== undefined && isBuildFailure(error)) for (const file of missingFiles(error, folder)) reads(file);
    throw isBuildFailure(error) ? toCompileError(error, (file) => readSource(location, file)) : error;
  }
}

/** `@framegate/sdk` is always this package's own guest code, whatever is or isn't installed beside the plugin. */
function sdkFiles(): Plugin {
  const files: Readonly<Record<string, string>> = {
    '@framegate/sdk': 'index.js',
    '@framegate/sdk/text': 'text/index.js',
    '@framegate/sdk/guest-module': 'guest/module.js',
  };
  return {
    name: SDK_NAMESPACE,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@framegate\/sdk(\/(text|guest-module))?$/ }, ({ path }) => ({
        path: files[path] ?? '',
        namespace: SDK_NAMESPACE,
        sideEffects: false,
      }));
      onResolve({ filter: /^\./, namespace: SDK_NAMESPACE }, ({ path, importer }) => ({
        path: posix.join(posix.dirname(importer), path),
        namespace: SDK_NAMESPACE,
        sideEffects: false,
      }));
      onLoad({ filter: /.*/, namespace: SDK_NAMESPACE }, async ({ path }) => ({
        contents: (await readFile(join(DIST, path), 'utf8')).replace(/^\/\/# sourceMappingURL=.*$/m, ''),
        loader: 'js',
      }));
    },
  };
}

/** Tells of each file that is loaded, before it is parsed. */
function fileReads(reads: (file: string) => void): Plugin {
  return {
    name: 'framegate-reads',
    setup({ onLoad }) {
      onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => {
        reads(path);
        return undefined;
      });
    },
  };
}

/** Where a source lies, links resolved as esbuild resolves them: names relative to the folder would differ otherwise. */
type Located = { readonly folder: string } & ({ readonly file: string } | { readonly text: string });

function locate(source: PluginSource): Located {
  if ('source' in source) {
    if (!existsSync(source.resolveDir))
      throw new CompileError('entry', `there is no folder "${source.resolveDir}" to resolve imports from`);
    return { folder: realpathSync(source.resolveDir), text: source.source };
  }
  if (!existsSync(source.entry) || !statSync(source.entry).isFile()) {
    throw new CompileError('entry', `there is no file "${source.entry}": name the plugin's TypeScript or JavaScript file`);
  }
  const file = realpathSync(source.entry);
  return { folder: dirname(file), file };
}

function pluginEntry(location: Located): Plugin {
  return {
    name: 'framegate-plugin',
    setup({ onResolve, onLoad }) {
      const resolved = 'file' in location ? { path: location.file } : { path: INLINE_FILE, namespace: SOURCE_NAMESPACE };
      onResolve({ filter: /^framegate:plugin$/ }, () => resolved);
      if ('file' in location) return;
      onLoad({ filter: /.*/, namespace: SOURCE_NAMESPACE }, () => ({ contents: location.text, loader: 'ts', resolveDir: location.folder }));
    },
  };
}

/** Not one of ours: those have a namespace, or the name of the script that ties all together. */
function isFile(input: string): boolean {
  return input !== ENTRY_FILE && !input.startsWith(`${SDK_NAMESPACE}:`) && !input.startsWith(`${SOURCE_NAMESPACE}:`);
}

function normaliseMap(json: string): string {
  const map = JSON.parse(json) as { sources: string[] };
  return JSON.stringify({ ...map, sources: map.sources.map(sourceName) });
}

function readSource(location: Located, file: string): string | undefined {
  if ('text' in location && file === `${SOURCE_NAMESPACE}:${INLINE_FILE}`) return location.text;
  const path = join(location.folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
