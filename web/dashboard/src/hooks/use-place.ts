import { useEffect, useState } from 'react';

export const PLACES = {
  overview: 'Overview',
  plugins: 'Plugins',
  connections: 'Connections',
  chat: 'Chat',
  state: 'State',
  activity: 'Activity',
} as const;
export type Place = keyof typeof PLACES;

/** Which view the address names, so that it can be reloaded, gone back to and passed on. */
export function usePlace(): Place {
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const follow = () => setPlace(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return place;
}

function read(): Place {
  const name = location.hash.slice(1);
  return Object.hasOwn(PLACES, name) ? (name as Place) : 'overview';
}
