export { type BuildCoresOptions, buildCores } from './build-cores.js';
export { type CompileOptions, compilePlugin } from './compile.js';
export { CompileError, type CompileErrorKind, type SourceLocation } from './compile-error.js';
export type { CompiledPlugin } from './compiled-plugin.js';
export { inspectModule, type ModuleMember, type ModuleReport } from './inspect.js';
export { LANGUAGES, type Language } from './language.js';
