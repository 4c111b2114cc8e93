import { useCallback, useSyncExternalStore } from 'react';
import { useDesk } from '../desk.js';
import type { LiveView } from '../live-feed.js';

/** The state of the event stream and the newest snapshot. */
export function useLive(): LiveView {
  const { feed } = useDesk();
  return useSyncExternalStore(
    useCallback((listener) => feed.subscribe(listener), [feed]),
    () => feed.view,
  );
}
