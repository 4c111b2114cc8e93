import { HOOKS } from '../abi/manifest.js';
import { DefinedPlugin } from './define-plugin.js';
import { describeType } from './describe-type.js';
import { hookRunners } from './hook-runner.js';
import type { Native } from './native.js';

/** What a plugin's source comes down to: the manifest (JSON; '' for a plain Extism module) and the functions to export. */
export interface GuestModule {
  readonly manifest: string;
  readonly exports: Readonly<Record<string, () => unknown>>;
}

/**
 * Runs inside the guest while it is being built. A namespace with `plugin` becomes a framegate ABI v1 module,
 * any other one a plain Extism module that exports its functions. Throws for whatever has the wrong shape, by name.
 */
export function toGuestModule(namespace: object, native: Native | undefined): GuestModule {
  const members = new Map(Object.entries(namespace));
  if (members.has('plugin')) return framegateModule(members, native);
  for (const [name, value] of members) {
    if (value instanceof DefinedPlugin)
      throw new TypeError(`export "${name}" is a definePlugin(…) value: export it under the name "plugin"`);
  }
  for (const hook of HOOKS) {
    if (members.has(hook) && typeof members.get(hook) !== 'function')
      throw new TypeError(`export "${hook}" is ${describeType(members.get(hook))}, not a function`);
  }
  if (!members.has('on_request_message') && !members.has('on_response_message')) {
    throw new TypeError(
      `the module exports ${members.size === 0 ? 'nothing' : [...members.keys()].join(', ')}; it needs "plugin" (from definePlugin), or a function "on_request_message" or "on_response_message"`,
    );
  }
  return {
    manifest: '',
    exports: Object.fromEntries([...members].filter((member): member is [string, () => unknown] => typeof member[1] === 'function')),
  };
}

function framegateModule(members: ReadonlyMap<string, unknown>, native: Native | undefined): GuestModule {
  const plugin = members.get('plugin');
  if (!(plugin instanceof DefinedPlugin))
    throw new TypeError(`export "plugin" is ${describeType(plugin)}, not the value that definePlugin returned`);
  for (const [name, value] of members) {
    if (value instanceof DefinedPlugin && value !== plugin)
      throw new TypeError(`export "${name}" is a definePlugin(…) value beside "plugin": a module is one plugin`);
  }
  const clash = HOOKS.find((hook) => members.has(hook));
  if (clash !== undefined) throw new TypeError(`the module exports both "plugin" and "${clash}": a hook belongs inside definePlugin`);
  if (native === undefined) throw new Error('this core has no framegate functions: rebuild the cores');
  return { manifest: JSON.stringify(plugin.manifest), exports: hookRunners(plugin, native) };
}
