/** A regular expression that is compiled when it is first needed. Compiled while building, a class like `\p{L}` adds 10 KB to the module. */
export function lazyRegExp(source: string, flags: string): () => RegExp {
  let compiled: RegExp | undefined;
  return () => {
    compiled ??= new RegExp(source, flags);
    return compiled;
  };
}
