import { GUARD_LIMITS, type HookGuard } from '@framegate/sdk/abi';
import type { Frame } from '../../frame.js';
import type { PluginCall } from '../../pipeline/plugin.js';
import { CharacterSet } from './character-set.js';
import { FirstSightTable } from './first-sight.js';
import { Skeleton } from './skeleton.js';
import { TextFinder } from './text-finder.js';
import { WordSet } from './word-set.js';

/** `pass`: the guest need not be called. `guest`: it must. `new`: it need not if the text, which the finder has, is a new one. */
type Ruling = 'pass' | 'guest' | 'new';

/** Bytes of a payload whose text is looked at in passing: some microseconds' work at most, on a thread that has sockets to serve. */
const PASSING_BYTES = 4096;

const skeleton = new Skeleton();

/**
 * One hook's guard, ready to be asked. It may send a frame to a guest that has no interest in it, never the other way round; time is
 * linear in the payload, of which it looks at 64 KiB at most.
 */
export class FrameGuard {
  readonly #never: boolean;
  readonly #maxBytes: number;
  readonly #smallBytes: number;
  readonly #binary: boolean;
  readonly #hasText: boolean;
  readonly #finder: TextFinder;
  readonly #maxTextBytes: number;
  readonly #characters: CharacterSet | undefined;
  readonly #words: WordSet | undefined;
  readonly #firstSight: FirstSightTable | undefined;

  /** `plugin`, `stateBytes`: whose state it uses, and the most of it. */
  constructor({ never, maxBytes, smallBytes, binary, text }: HookGuard, plugin: string, stateBytes: number) {
    this.#never = never === true;
    this.#maxBytes = Math.min(maxBytes ?? GUARD_LIMITS.payloadBytes, GUARD_LIMITS.payloadBytes);
    this.#smallBytes = smallBytes ?? -1;
    this.#binary = binary === true;
    this.#hasText = text !== undefined;
    this.#finder = new TextFinder(text?.field ?? '', text?.raw === true);
    this.#maxTextBytes = text?.maxBytes ?? Number.POSITIVE_INFINITY;
    this.#characters = text?.without === undefined ? undefined : new CharacterSet(text.without);
    this.#words = text?.words === undefined ? undefined : new WordSet(text.words);
    this.#firstSight = text?.firstSight === undefined ? undefined : new FirstSightTable(text.firstSight, plugin, stateBytes);
  }

  /** Whether the guest need not be called. May write the plugin's state if so. */
  rulesOut(call: PluginCall): boolean {
    const ruling = this.#rule(call.frame, GUARD_LIMITS.payloadBytes);
    if (ruling !== 'new') return ruling === 'pass';
    const { start, end, escaped } = this.#finder;
    return this.#firstSight?.enter(call, start, end, escaped) === true;
  }

  /** The same at a glance: without the state, and without the text of a large frame. */
  rulesOutFrame(frame: Frame): boolean {
    return this.#rule(frame, PASSING_BYTES) === 'pass';
  }

  #rule({ kind, payload }: Frame, textBytes: number): Ruling {
    if (this.#never) return 'pass';
    if (payload.length > this.#maxBytes) return 'guest';
    if (payload.length <= this.#smallBytes) return 'pass';
    if (kind === 'binary') return this.#binary ? 'pass' : 'guest';
    return this.#hasText && payload.length <= textBytes ? this.#ruleText(payload) : 'guest';
  }

  #ruleText(payload: Uint8Array): Ruling {
    const finder = this.#finder;
    const finding = finder.find(payload);
    if (finding !== 'text') return finding === 'none' ? 'pass' : 'guest';
    if (finder.end - finder.start > this.#maxTextBytes) return 'guest';
    if (this.#characters?.mayOccurIn(payload, finder.start, finder.end)) return 'guest';
    if (this.#words !== undefined) {
      if (!skeleton.read(payload, finder.start, finder.end, finder.escaped) || this.#words.mayOccurIn(skeleton)) return 'guest';
    }
    return this.#firstSight === undefined ? 'pass' : 'new';
  }
}
