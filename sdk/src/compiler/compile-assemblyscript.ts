import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MANIFEST_SECTION } from '../abi/manifest.js';
import { customSection, EXTERNAL, readExports, readImports, readSections, writeSections } from '../abi/wasm-binary.js';
import { type AscDiagnostic, loadAsc } from './asc.js';
import { codeFrame } from './code-frame.js';
import { CompileError } from './compile-error.js';
import type { CompiledPlugin } from './compiled-plugin.js';
import { ASCONFIG, projectFolder } from './language.js';
import { PLUGIN_JSON, readPluginJson } from './plugin-json.js';

/** The AssemblyScript side of the sdk, as source: asc compiles it along with the plugin. */
const LIBRARY = fileURLToPath(new URL('../../assemblyscript/', import.meta.url));
const LIBRARY_NAME = '@framegate/sdk/assemblyscript';
const ENTRY = 'framegate-entry.ts';
const OUTPUT = 'plugin.wasm';
const ERROR = 3;
const WARNING = 2;
/** Modules that a host offers; asc leaves `env` imports for what it expects of a browser. */
const HOST_MODULES = ['framegate:host/v1', 'extism:host/env', 'wasi_snapshot_preview1'];

/**
 * Compiles an AssemblyScript plugin: asc with the options of the project's asconfig.json (target `release`), what the ABI asks for, and then the
 * manifest of the project's plugin.json as the section `framegate`. Throws CompileError.
 */
export async function compileAssemblyScript(entry: string, reads: (file: string) => void = () => {}): Promise<CompiledPlugin> {
  const started = performance.now();
  reads(resolve(entry));
  if (!existsSync(entry) || !statSync(entry).isFile()) {
    throw new CompileError('entry', `there is no file "${entry}": name the plugin's AssemblyScript file, assembly/index.ts as a rule`);
  }
  const project = projectFolder(entry);
  for (const file of [ASCONFIG, PLUGIN_JSON]) reads(join(project, file));
  const asc = await loadAsc(project);
  const specifier = relative(project, resolve(entry)).split(sep).join('/').replace(/\.ts$/, '');
  const files = new ProjectFiles(project, `export * from './${specifier}';\nexport * from '${LIBRARY_NAME}/exports';\n`, reads);
  const diagnostics: AscDiagnostic[] = [];
  let module: Uint8Array | undefined;
  const { error } = await asc.main(argumentsOf(project), {
    readFile: (name, baseDir) => files.read(name, baseDir),
    writeFile: (name, contents) => {
      if (name === OUTPUT && typeof contents !== 'string') module = contents;
    },
    listFiles: (folder, baseDir) => files.list(folder, baseDir),
    reportDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  if (error !== null || module === undefined) throw failure(diagnostics, error, files);
  const compiled = performance.now();
  const sections = readSections(module);
  refuseForeignImports(readImports(sections));
  const exports = readExports(sections)
    .filter(({ kind }) => kind === EXTERNAL.function)
    .map(({ name }) => name);
  const manifest = readPluginJson(project, exports);
  const wasm = writeSections([...sections, customSection(MANIFEST_SECTION, new TextEncoder().encode(JSON.stringify(manifest)))]);
  const ended = performance.now();
  return {
    wasm,
    sourceMap: '',
    manifest,
    exports,
    warnings: diagnostics.filter(({ category }) => category === WARNING).map((diagnostic) => describe(diagnostic, files)),
    sources: [...files.own, join(project, PLUGIN_JSON)],
    timings: { bundle: compiled - started, evaluate: 0, emit: ended - compiled, total: ended - started },
  };
}

function argumentsOf(project: string): string[] {
  const library = `~lib/${LIBRARY_NAME}/abort`;
  const own = ['--use', `abort=${library}/abort`, '--use', `seed=${library}/seed`, '--exportStart', '_initialize'];
  const options = existsSync(join(project, ASCONFIG)) ? ['--config', ASCONFIG, '--target', 'release'] : ['-O3'];
  return [ENTRY, '--baseDir', project, ...options, '--outFile', OUTPUT, ...own];
}

/** What asc may read: the project, and this package's own library whatever is or isn't installed beside the plugin. */
class ProjectFiles {
  /** Full paths of what was read from the project. */
  readonly own = new Set<string>();
  readonly #project: string;
  readonly #entry: string;
  readonly #reads: (file: string) => void;

  constructor(project: string, entry: string, reads: (file: string) => void) {
    this.#project = project;
    this.#entry = entry;
    this.#reads = reads;
  }

  read(name: string, baseDir: string): string | null {
    if (name === ENTRY) return this.#entry;
    const [, ofLibrary] = name.split(`node_modules/${LIBRARY_NAME}/`);
    const file = ofLibrary === undefined ? resolve(baseDir, name) : join(LIBRARY, ofLibrary);
    if (ofLibrary === undefined) this.#reads(file);
    if (!existsSync(file) || !statSync(file).isFile()) return null;
    if (ofLibrary === undefined && !file.includes(`${sep}node_modules${sep}`)) this.own.add(file);
    return readFileSync(file, 'utf8');
  }

  list(folder: string, baseDir: string): string[] | null {
    const path = resolve(baseDir, folder);
    return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')) : null;
  }

  /** The text of a file that a diagnostic names. */
  textOf(name: string): string | undefined {
    const [, ofLibrary] = name.split(`~lib/${LIBRARY_NAME}/`);
    return this.read(ofLibrary === undefined ? name : `node_modules/${LIBRARY_NAME}/${ofLibrary}`, this.#project) ?? undefined;
  }
}

function failure(diagnostics: readonly AscDiagnostic[], error: Error | null, files: ProjectFiles): CompileError {
  const errors = diagnostics.filter(({ category }) => category === ERROR);
  const [first] = errors;
  if (first === undefined) {
    return new CompileError('syntax', `AssemblyScript: ${error?.message ?? 'it wrote no module'}`, undefined, { cause: error });
  }
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const place = placeOf(first, files);
  return new CompileError('syntax', `${first.message}${more}`, place, { cause: error });
}

function placeOf({ range }: AscDiagnostic, files: ProjectFiles): ConstructorParameters<typeof CompileError>[2] {
  const text = range === null ? undefined : files.textOf(range.source.normalizedPath);
  if (range === null || text === undefined) return undefined;
  const before = text.slice(0, range.start);
  const line = before.split('\n').length;
  const column = range.start - before.lastIndexOf('\n');
  return {
    location: { file: range.source.normalizedPath, line, column },
    frame: codeFrame(text, line, column, Math.max(1, range.end - range.start)),
  };
}

function describe(diagnostic: AscDiagnostic, files: ProjectFiles): string {
  const location = placeOf(diagnostic, files)?.location;
  return location === undefined ? diagnostic.message : `${location.file}:${location.line}:${location.column}: ${diagnostic.message}`;
}

function refuseForeignImports(imports: readonly { readonly module: string; readonly name: string }[]): void {
  const foreign = imports.filter(({ module }) => !HOST_MODULES.includes(module));
  if (foreign.length === 0) return;
  const names = foreign.map(({ module, name }) => `${module}.${name}`).join(', ');
  throw new CompileError(
    'shape',
    `the module imports ${names}, which a host does not offer: use now(), log and what else ${LIBRARY_NAME} has instead of Date, console and the like`,
  );
}
