import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import { Masking } from '../recording/masking.js';
import { type Excerpt, excerptOf } from './excerpt.js';
import { type Aspect, type ComparedRun, type PluginVerdict, verdictOf } from './outcome-comparison.js';

export interface DifferenceOptions {
  /** How many are kept; the oldest gives way. */
  readonly size: number;
  /** Bytes of a payload that are shown; 0: none. */
  readonly excerptBytes: number;
  /** Names of JSON fields whose values are never shown. */
  readonly mask: readonly string[];
}

/** What one version made of a frame. */
export interface ShownRun extends PluginVerdict {
  /** The first few. */
  readonly forward: readonly Excerpt[];
  readonly forwarded: number;
  readonly reply: readonly Excerpt[];
  readonly replied: number;
  readonly close?: { readonly code: number; readonly reason: string };
}

/** A frame of which two versions say different things. */
export interface Difference {
  /** Grows by one from one to the next. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly hook: Hook;
  /** The connection's id. */
  readonly connection: string;
  readonly differs: readonly Aspect[];
  readonly frame: Excerpt;
  readonly running: ShownRun;
  readonly candidate: ShownRun;
}

const FRAMES_SHOWN = 3;
const REASON_LENGTH = 300;
/** Taking excerpts is work on the thread that has the sockets: of many differences that many a second are enough to look at. */
const MAX_A_SECOND = 50;

/** The latest differences, as far as they are kept. */
export class DifferenceList {
  readonly #options: DifferenceOptions;
  readonly #masking: Masking;
  readonly #kept: Difference[] = [];
  #next = 0;
  #second = 0;
  #inSecond = 0;

  constructor(options: DifferenceOptions) {
    this.#options = options;
    this.#masking = new Masking(options.mask);
  }

  /** Newest first. */
  get latest(): readonly Difference[] {
    return this.#kept.toReversed();
  }

  /** Keeps it, unless many were kept in this second. */
  add(
    place: Pick<Difference, 'at' | 'hook' | 'connection' | 'differs'>,
    running: ComparedRun,
    candidate: ComparedRun,
    plugin: string,
  ): void {
    const second = Math.floor(place.at / 1000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    if (this.#options.size === 0 || this.#inSecond >= MAX_A_SECOND) return;
    this.#inSecond += 1;
    if (this.#kept.length >= this.#options.size) this.#kept.shift();
    this.#kept.push({
      number: this.#next++,
      ...place,
      frame: this.#excerpt(running.frame),
      running: this.#shown(running, plugin),
      candidate: this.#shown(candidate, plugin),
    });
  }

  #shown({ outcome }: ComparedRun, plugin: string): ShownRun {
    const { reason, ...verdict } = verdictOf(outcome, plugin);
    const { forward, reply, close } = outcome;
    return {
      ...verdict,
      ...(reason === undefined ? {} : { reason: reason.slice(0, REASON_LENGTH) }),
      forward: forward.slice(0, FRAMES_SHOWN).map((frame) => this.#excerpt(frame)),
      forwarded: forward.length,
      reply: reply.slice(0, FRAMES_SHOWN).map((frame) => this.#excerpt(frame)),
      replied: reply.length,
      ...(close && { close }),
    };
  }

  #excerpt(frame: Frame): Excerpt {
    return excerptOf(frame, this.#options.excerptBytes, this.#masking);
  }
}
