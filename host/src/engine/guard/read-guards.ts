import { GUARD_LIMITS, type HookGuard, type MessageHook, type PluginGuards } from '@framegate/sdk/abi';
import type { PluginSpec } from '../engine.js';

const HOOKS: readonly MessageHook[] = ['on_request_message', 'on_response_message'];
const MAX_SLOTS = 2_147_483_647;
const MAX_KEY_UNITS = 128;

type Check = (value: unknown) => boolean;
type Members = Readonly<Record<string, Check>>;

const isFlag: Check = (value) => typeof value === 'boolean';
const isCount: Check = (value) => typeof value === 'number' && value >= 0;
const isString: Check = (value) => typeof value === 'string';

const HOOK_MEMBERS: Members = { never: isFlag, maxBytes: isCount, smallBytes: isCount, binary: isFlag };
const TEXT_MEMBERS: Members = {
  field: isString,
  raw: isFlag,
  maxBytes: isCount,
  without: isString,
  words: (value) => Array.isArray(value) && value.every(isString),
};
const FIRST_SIGHT_MEMBERS: Members = {
  scope: (value) => value === 'plugin' || value === 'room',
  key: (value) => typeof value === 'string' && value.length <= MAX_KEY_UNITS,
  slots: (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_SLOTS,
  ttlMs: isCount,
  minLength: isCount,
};

/**
 * Reads the JSON that a guest left for its guards; a string says what is wrong with it. A guard is left out, so that every frame meets
 * the guest, if it has a member that this host does not know, or more words than the host has room for.
 */
export function readGuards(json: string, { manifest }: PluginSpec): PluginGuards | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'it is not JSON';
  }
  if (!isObject(value)) return 'it is not a JSON object';
  const guards: Partial<Record<MessageHook, HookGuard>> = {};
  for (const [hook, guard] of Object.entries(value)) {
    if (!HOOKS.some((known) => known === hook)) return `"${hook}" is none of ${HOOKS.join(', ')}`;
    const problem = hookProblem(guard, manifest?.capabilities.state ?? []);
    if (problem !== undefined) return `${hook}: ${problem}`;
    if (isKnown(guard as HookGuard) && wordUnits(guard as HookGuard) <= GUARD_LIMITS.wordUnits) {
      guards[hook as MessageHook] = guard as HookGuard;
    }
  }
  return guards;
}

function hookProblem(guard: unknown, scopes: readonly string[]): string | undefined {
  const problem = memberProblem(guard, HOOK_MEMBERS, []);
  if (problem !== undefined) return problem;
  const { text } = guard as Record<string, unknown>;
  if (text === undefined) return undefined;
  const inText = memberProblem(text, TEXT_MEMBERS, ['field', 'raw']);
  if (inText !== undefined) return `text: ${inText}`;
  const { firstSight } = text as Record<string, unknown>;
  if (firstSight === undefined) return undefined;
  const inFirstSight = memberProblem(firstSight, FIRST_SIGHT_MEMBERS, Object.keys(FIRST_SIGHT_MEMBERS));
  if (inFirstSight !== undefined) return `text.firstSight: ${inFirstSight}`;
  const { scope } = firstSight as { scope: string };
  return scopes.includes(scope) ? undefined : `text.firstSight: the state scope "${scope}" is not in the manifest`;
}

function memberProblem(value: unknown, members: Members, required: readonly string[]): string | undefined {
  if (!isObject(value)) return 'it is not an object';
  for (const [name, check] of Object.entries(members)) {
    const member = value[name];
    if (member !== undefined && !check(member)) return `${name} is ${shown(member)}`;
  }
  const missing = required.find((name) => !Object.hasOwn(value, name));
  return missing === undefined ? undefined : `${missing} is missing`;
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, 100);
  } catch {
    // A megabyte of brackets is too deep for it.
    return 'a value of many levels';
  }
}

function isKnown(guard: HookGuard): boolean {
  const only = (value: object | undefined, ...names: readonly string[]) => Object.keys(value ?? {}).every((name) => names.includes(name));
  return (
    only(guard, ...Object.keys(HOOK_MEMBERS), 'text') &&
    only(guard.text, ...Object.keys(TEXT_MEMBERS), 'firstSight') &&
    only(guard.text?.firstSight, ...Object.keys(FIRST_SIGHT_MEMBERS))
  );
}

function wordUnits({ text }: HookGuard): number {
  return (text?.words ?? []).reduce((sum, word) => sum + word.length, 0);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
