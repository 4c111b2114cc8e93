import { createContext, useContext } from 'react';
import type { Api } from './api.js';
import type { LiveFeed } from './live-feed.js';
import type { Role, Who } from './model.js';

/** What is asked before something is done. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that does it. */
  readonly confirm: string;
  readonly danger?: boolean;
  /** Whom it concerns, asked for first: one of these, or in words. */
  readonly target?: { readonly label: string; readonly options?: readonly (readonly [value: string, label: string])[] };
  readonly input?: { readonly label: string; readonly value: string; readonly maxLength: number };
  readonly choice?: { readonly label: string; readonly options: readonly (readonly [value: string, label: string])[] };
}

export interface Consent {
  readonly target: string;
  readonly input: string;
  readonly choice: string;
}

/** What every view has at hand. */
export interface Desk {
  readonly api: Api;
  readonly who: Who;
  readonly feed: LiveFeed;
  /** Whether the one who is logged in may do what takes this role. What they may not do is not offered. */
  readonly may: (role: Role) => boolean;
  /** `undefined`: no. */
  readonly ask: (question: Question) => Promise<Consent | undefined>;
  /** Does something, tells how it went, and has the lists loaded again. `work` may answer with the words to tell. */
  readonly run: (done: string, work: () => Promise<unknown>) => void;
  /** Grows with everything that was done. */
  readonly changes: number;
}

export const DeskContext = createContext<Desk | undefined>(undefined);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === undefined) throw new Error('useDesk stands outside the dashboard.');
  return desk;
}
