import { useEffect, useState } from 'react';
import { useDesk } from '../desk.js';

const EVERY_MS = 2_000;

interface Loaded<Answer> {
  readonly path: string;
  readonly answer: Answer | undefined;
  readonly problem: string | undefined;
}

/** What a GET answers, asked again every two seconds while the tab is visible, and at once after something was done. `undefined` as a path: nothing. */
export function useList<Answer>(path: string | undefined): Omit<Loaded<Answer>, 'path'> {
  const { api, changes } = useDesk();
  const [loaded, setLoaded] = useState<Loaded<Answer>>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change is the reason to load again
  useEffect(() => {
    if (path === undefined) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const answer = await api.get<Answer>(path);
        if (!over) setLoaded({ path, answer, problem: undefined });
      } catch (error) {
        const problem = (error as Error).message;
        if (!over) setLoaded((before) => ({ path, answer: before?.path === path ? before.answer : undefined, problem }));
      }
      if (!over && !document.hidden) timer = setTimeout(follow, EVERY_MS);
    };
    const follow = (): void => {
      if (document.hidden) clearTimeout(timer);
      else void load();
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, [api, path, changes]);

  return loaded?.path === path && loaded !== undefined ? loaded : { answer: undefined, problem: undefined };
}
