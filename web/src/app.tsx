import { useEffect, useState } from 'react';
import type { ChatClient } from './chat-client.js';
import { EntryForm } from './components/entry-form.js';
import { RoomView } from './components/room-view.js';
import { useChat } from './hooks/use-chat.js';
import { useUnreadTitle } from './hooks/use-unread-title.js';
import { addressedRoom, addressRoom, DEFAULT_ROOM, rememberedName, rememberName } from './visitor.js';

/** The whole page: the entry form, or the room. The address's `?room=` and the browser's back button lead in and out. */
export function App({ client }: { client: ChatClient }) {
  const state = useChat(client);
  const [proposedRoom, proposeRoom] = useState(() => addressedRoom() ?? DEFAULT_ROOM);
  useUnreadTitle(state.room, state.received);

  useEffect(() => {
    const follow = () => {
      const room = addressedRoom();
      const name = client.state.name || rememberedName();
      if (room !== undefined) proposeRoom(room);
      if (room === undefined) client.leave();
      else if (name !== '' && room !== client.state.room) client.enter(room, name);
    };
    if (client.state.room === undefined) follow();
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, [client]);

  useEffect(() => {
    const reconnect = () => client.reconnect();
    addEventListener('online', reconnect);
    return () => removeEventListener('online', reconnect);
  }, [client]);

  useEffect(() => {
    if (state.name !== '') rememberName(state.name);
  }, [state.name]);

  if (state.room !== undefined) {
    const leave = () => {
      client.leave();
      addressRoom(undefined);
    };
    return <RoomView key={state.room} client={client} state={state} room={state.room} onLeave={leave} />;
  }
  const enter = (room: string, name: string) => {
    proposeRoom(room);
    addressRoom(room);
    client.enter(room, name);
  };
  return <EntryForm name={state.name || rememberedName()} room={proposedRoom} problem={state.problem} onEnter={enter} />;
}
