/**
 * What the prelude is made of beside its base: each part is a script of its own (`part-….ts`) that makes these globals. A plugin gets
 * the parts whose globals its bundle names, and those that they need.
 */
interface PreludePart {
  readonly globals: readonly string[];
  /** What must hold of the script beside. */
  readonly when?: (code: string) => boolean;
  readonly needs?: readonly PreludePartName[];
}

export type PreludePartName =
  | 'pdk'
  | 'console'
  | 'decodings'
  | 'encoding'
  | 'crypto'
  | 'digest'
  | 'clone'
  | 'events'
  | 'headers'
  | 'url'
  | 'http'
  | 'fetch';

/** A decoder of UTF-8, said so. */
const UTF8_DECODER = /(?<![\w$])new TextDecoder(?:\(\)|\((['"`])utf-?8\1[,)])/gi;

export const PRELUDE_PARTS: Readonly<Record<PreludePartName, PreludePart>> = {
  pdk: { globals: ['Host', 'Var', 'Config', 'Memory', 'MemoryHandle'] },
  console: { globals: ['console'] },
  decodings: { globals: ['TextDecoder'], when: (code) => code.replace(UTF8_DECODER, '').includes('TextDecoder') },
  encoding: { globals: ['TextEncoder', 'TextDecoder'] },
  crypto: { globals: ['crypto'] },
  digest: { globals: ['subtle'], needs: ['crypto'] },
  clone: { globals: ['structuredClone'] },
  events: { globals: ['Event', 'EventTarget', 'AbortController', 'AbortSignal'] },
  headers: { globals: ['Headers'] },
  url: { globals: ['URL', 'URLSearchParams'], needs: ['encoding'] },
  http: { globals: ['Http'] },
  fetch: { globals: ['fetch', 'Response'], needs: ['headers'] },
};

/** The parts for a script, in the order in which they are to run. A name counts wherever it stands as a word, in a string too. */
export function partsFor(code: string): readonly PreludePartName[] {
  const chosen = new Set<PreludePartName>();
  const add = (name: PreludePartName): void => {
    for (const needed of PRELUDE_PARTS[name].needs ?? []) add(needed);
    chosen.add(name);
  };
  for (const [name, { globals, when }] of Object.entries(PRELUDE_PARTS) as [PreludePartName, PreludePart][])
    if (new RegExp(`(?<![\\w$])(?:${globals.join('|')})(?![\\w$])`).test(code) && (when?.(code) ?? true)) add(name);
  return [...chosen];
}
