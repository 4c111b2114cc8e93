import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CompileError } from './compile-error.js';

/** The part of AssemblyScript's compiler that is used here; see `assemblyscript/dist/asc.d.ts`. */
export interface Asc {
  main(argv: readonly string[], options: AscOptions): Promise<{ readonly error: Error | null }>;
}

interface AscOptions {
  readonly readFile: (name: string, baseDir: string) => string | null;
  readonly writeFile: (name: string, contents: Uint8Array | string, baseDir: string) => void;
  readonly listFiles: (folder: string, baseDir: string) => readonly string[] | null;
  readonly reportDiagnostic: (diagnostic: AscDiagnostic) => void;
}

export interface AscDiagnostic {
  readonly code: number;
  /** 0 pedantic, 1 info, 2 warning, 3 error. */
  readonly category: number;
  readonly message: string;
  /** Offsets in the file's text. */
  readonly range: { readonly start: number; readonly end: number; readonly source: { readonly normalizedPath: string } } | null;
}

/** The compiler that the plugin's own project has installed, or the one beside the sdk. Throws CompileError if there is none. */
export async function loadAsc(project: string): Promise<Asc> {
  for (const from of [join(project, 'package.json'), import.meta.url]) {
    const file = resolveFrom(from);
    if (file !== undefined) return (await import(pathToFileURL(file).href)) as Asc;
  }
  throw new CompileError(
    'compiler',
    `this is an AssemblyScript plugin, and its compiler is not installed: run \`npm install --save-dev assemblyscript\` in ${project}`,
  );
}

function resolveFrom(from: string): string | undefined {
  try {
    return createRequire(from).resolve('assemblyscript/dist/asc.js');
  } catch {
    return undefined;
  }
}
