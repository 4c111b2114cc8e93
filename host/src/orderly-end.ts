import { performance } from 'node:perf_hooks';

/** Something that ends: its name in messages, and how it is told to. */
export type EndingPart = readonly [name: string, end: () => Promise<unknown> | undefined];

/**
 * Ends the parts one after the other, all of them within so many milliseconds: one that is not done by then is left behind, which `left` is told,
 * and those after it are told to end all the same. Rejects as the first part that does.
 */
export async function endInOrder(parts: readonly EndingPart[], milliseconds: number, left: (part: string) => void): Promise<void> {
  const deadline = performance.now() + milliseconds;
  for (const [name, end] of parts) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), Math.max(0, deadline - performance.now()));
    });
    const ended = await Promise.race([end(), late]).finally(() => clearTimeout(timer));
    if (ended === 'late') left(name);
  }
}
