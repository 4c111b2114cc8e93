import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** This close to the end, in CSS pixels, counts as reading the end. */
const NEAR = 48;

interface StickToBottom {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly atBottom: boolean;
  readonly toBottom: () => void;
}

/**
 * Keeps a scroller at its end while its content or its own height changes, unless the reader has scrolled up.
 * `content` is whatever changes when the content does.
 */
export function useStickToBottom(content: unknown): StickToBottom {
  const scroller = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const [atBottom, setAtBottom] = useState(true);

  const toBottom = useCallback(() => {
    stuck.current = true;
    setAtBottom(true);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for each new content
  useLayoutEffect(() => {
    if (stuck.current) toBottom();
  }, [content, toBottom]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let height = element.clientHeight;
    const onScroll = () => {
      // A scroll event that comes from the box having shrunk says nothing about the reader.
      if (element.clientHeight !== height) return;
      stuck.current = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR;
      setAtBottom(stuck.current);
    };
    const resized = new ResizeObserver(() => {
      height = element.clientHeight;
      if (stuck.current) toBottom();
    });
    resized.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, [toBottom]);

  return { scroller, atBottom, toBottom };
}
