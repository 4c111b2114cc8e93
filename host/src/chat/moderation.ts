import { CLOSE } from '../close-codes.js';
import { fitCloseReason } from '../close-frame.js';
import type { Close } from '../verdict.js';
import type { Ban, BanCandidate, BanStore } from './bans.js';
import { type Refusal, refuse } from './chat-protocol.js';

/** Applies bans and mutes: what a client is told of them. */
export class Moderation {
  readonly #bans: BanStore;
  readonly #now: () => number;

  /** `now`: milliseconds since the epoch. */
  constructor(bans: BanStore, now: () => number) {
    this.#bans = bans;
    this.#now = now;
  }

  /** How to close somebody who may not be here. */
  banned(candidate: BanCandidate): Close | undefined {
    const ban = this.#bans.find('ban', candidate, this.#now());
    return ban && { code: CLOSE.POLICY.code, reason: fitCloseReason(`banned ${describe(ban)}`) };
  }

  /** Why a name can't be taken: it is banned. */
  refuseName(name: string, candidate: BanCandidate): Refusal | undefined {
    const ban = this.#bans.find('ban', { ...candidate, name }, this.#now());
    return ban && refuse('banned', `The name "${name}" is banned ${describe(ban)}. Choose another name.`);
  }

  /** Why somebody may neither speak nor change names. */
  refuseMuted(candidate: BanCandidate): Refusal | undefined {
    const mute = this.#bans.find('mute', candidate, this.#now());
    return mute && refuse('muted', `You are muted ${describe(mute)}. You can still read.`);
  }
}

function describe({ expiresAt, reason }: Ban): string {
  const until = expiresAt === undefined ? 'for good' : `until ${new Date(expiresAt).toISOString()}`;
  return reason === '' ? until : `${until}: ${reason}`;
}
