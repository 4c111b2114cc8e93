import { BanList } from '../components/ban-list.js';
import { RoomList } from '../components/room-list.js';
import { UserList } from '../components/user-list.js';

/** Rooms, people, and who may not be there or not speak. */
export function ChatView() {
  return (
    <>
      <RoomList />
      <UserList />
      <BanList />
    </>
  );
}
