export { type BuildCoresOptions, buildCores } from './build-cores.js';
export { type CompiledPlugin, type CompileOptions, compilePlugin } from './compile.js';
export { CompileError, type CompileErrorKind, type SourceLocation } from './compile-error.js';
export { inspectModule, type ModuleMember, type ModuleReport } from './inspect.js';
