/** esbuild's names for files that are not on disk as the plugin's own: the sdk's guest code, and source given as text. */
export const SDK_NAMESPACE = 'framegate-sdk';
export const SOURCE_NAMESPACE = 'framegate-source';
/** The script that ties a plugin to the guest's runtime. */
export const ENTRY_FILE = 'framegate-entry.js';

/** A bundled file as an author knows it: without our namespaces, packages from `node_modules/` on. */
export function sourceName(file: string): string {
  const at = file.lastIndexOf('node_modules/');
  if (at >= 0) return file.slice(at);
  if (file.startsWith(`${SDK_NAMESPACE}:`)) return `@framegate/sdk/${file.slice(SDK_NAMESPACE.length + 1)}`;
  return file.startsWith(`${SOURCE_NAMESPACE}:`) ? file.slice(SOURCE_NAMESPACE.length + 1) : file;
}

/** True for the author's own files: not the sdk's, not a package's. */
export function isOwnSource(name: string): boolean {
  return !name.startsWith('node_modules/') && !name.startsWith('@framegate/sdk/') && name !== ENTRY_FILE;
}
