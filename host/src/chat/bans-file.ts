import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { HostError } from '../errors.js';
import { readRegularFile } from '../regular-file.js';
import type { Ban, BanCandidate, BanStore } from './bans.js';
import { BansMemory } from './bans-memory.js';

const banSchema = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(['ban', 'mute']),
  subject: z.strictObject({ by: z.enum(['name', 'address', 'user']), value: z.string().min(1) }),
  reason: z.string(),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().exactOptional(),
});
const fileSchema = z.strictObject({ bans: z.array(banSchema) });

/**
 * Keeps bans in a JSON file, which is replaced in one step: after a crash it is the old one or the new one. Made with the first ban,
 * readable for its owner only. One process a file. Changes that come while it is being written are written together.
 */
export class BansFile implements BanStore {
  readonly #file: string;
  readonly #index: BansMemory;
  readonly #now: () => number;
  #writing: Promise<void> = Promise.resolve();
  /** A write that has not begun: it will have every change up to its beginning. */
  #next: Promise<void> | undefined;
  #saved: Promise<void> = Promise.resolve();

  private constructor(file: string, index: BansMemory, now: () => number) {
    this.#file = file;
    this.#index = index;
    this.#now = now;
  }

  /** `max`: bans and mutes, all together. Rejects with CONFIG_INVALID for a file that can't be read, or has more than that. */
  static async open(file: string, max: number, now: () => number): Promise<BansFile> {
    const index = new BansMemory(max);
    const bans = (await read(file)).filter(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt > now());
    if (bans.length > max) {
      throw new HostError('CONFIG_INVALID', `${file} has ${bans.length} bans and mutes; bans.max is ${max}.`, {
        hint: 'Raise bans.max, or take some out of the file: nobody is let in by leaving some out.',
      });
    }
    for (const ban of bans) index.add(ban, now());
    return new BansFile(file, index, now);
  }

  add(ban: Ban, now: number): boolean {
    const added = this.#index.add(ban, now);
    if (added) this.#changed();
    return added;
  }

  remove(id: string): Ban | undefined {
    const removed = this.#index.remove(id);
    if (removed !== undefined) this.#changed();
    return removed;
  }

  list(now: number): Ban[] {
    return this.#index.list(now);
  }

  find(kind: Ban['kind'], candidate: BanCandidate, now: number): Ban | undefined {
    return this.#index.find(kind, candidate, now);
  }

  saved(): Promise<void> {
    return this.#saved;
  }

  #changed(): void {
    if (this.#next === undefined) {
      this.#next = this.#writing.then(() => {
        this.#next = undefined;
        return this.#write();
      });
      this.#saved = this.#next;
      // Whoever has changed something waits for `saved`.
      this.#writing = this.#next.catch(() => {});
    }
  }

  async #write(): Promise<void> {
    const text = `${JSON.stringify({ bans: this.#index.list(this.#now()) }, undefined, 2)}\n`;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFile(`${this.#file}.new`, text, { mode: 0o600, flush: true });
      await rename(`${this.#file}.new`, this.#file);
    } catch (error) {
      throw new HostError('BANS_NOT_KEPT', `The change is in effect, but ${this.#file} cannot be written: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }
}

async function read(file: string): Promise<readonly Ban[]> {
  let text: string;
  try {
    text = String(await readRegularFile(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(file, (error as Error).message, error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, (error as Error).message, error);
  }
  const { data, error } = fileSchema.safeParse(json);
  if (data !== undefined) return data.bans;
  throw unreadable(file, z.prettifyError(error), error);
}

function unreadable(file: string, why: string, cause: unknown): HostError {
  return new HostError('CONFIG_INVALID', `${file}, in which bans and mutes are kept, cannot be read: ${why}`, {
    cause,
    hint: 'Mend it or restore it; or move it away: then nobody is banned or muted any more.',
  });
}
