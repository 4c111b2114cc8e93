import { useEffect, useState } from 'react';

/** Shows the room in the tab's title, and in front of it how many messages came while the tab was out of sight. */
export function useUnreadTitle(room: string | undefined, received: number): void {
  // How many had been received when the tab was hidden; `undefined` while it is in sight.
  const [hiddenAt, setHiddenAt] = useState(document.hidden ? received : undefined);

  useEffect(() => {
    const onChange = () => setHiddenAt(document.hidden ? received : undefined);
    document.addEventListener('visibilitychange', onChange);
    return () => document.removeEventListener('visibilitychange', onChange);
  }, [received]);

  useEffect(() => {
    const unread = hiddenAt === undefined ? 0 : received - hiddenAt;
    const title = room === undefined ? 'framegate chat' : `${room} · framegate chat`;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [room, received, hiddenAt]);
}
