/**
 * What to do about an error of the engine's, to be put behind its message; '' if there is nothing to say. `missing`: what to do without
 * the globals of these names.
 */
export function adviceFor(
  { name, message }: { readonly name: string; readonly message: string },
  missing: Readonly<Record<string, string>>,
): string {
  if (name === 'TypeError' && message === 'eval is not supported')
    return ': the module was built without a compiler, for its source does not name `Function` or `eval` as such';
  if (name === 'RangeError' && message === 'Maximum call stack size exceeded')
    return ': look for a function that calls itself without end. A plugin has a stack of 192 KiB, less than Node has';
  const [, absent] = name === 'ReferenceError' ? (/^'?([\w$]+)'? is not defined$/.exec(message) ?? []) : [];
  const advice = absent !== undefined && Object.hasOwn(missing, absent) ? missing[absent] : undefined;
  return advice === undefined ? '' : `: ${advice}`;
}
