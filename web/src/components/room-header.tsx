import type { Ref } from 'react';
import type { Connection } from '../chat-state.js';
import { ConnectionPill } from './connection-pill.js';
import { LeaveIcon, PeopleIcon } from './icons.js';

interface RoomHeaderProps {
  readonly room: string;
  readonly connection: Connection;
  readonly memberCount: number;
  readonly membersOpen: boolean;
  readonly membersButton: Ref<HTMLButtonElement>;
  readonly onToggleMembers: () => void;
  readonly onReconnect: () => void;
  readonly onLeave: () => void;
}

export function RoomHeader(props: RoomHeaderProps) {
  const { room, connection, memberCount, membersOpen, membersButton, onToggleMembers, onReconnect, onLeave } = props;
  return (
    <header className="room-header">
      <span className="brand-mark" aria-hidden="true" />
      <h1 className="room-name">
        <span className="visually-hidden">Room </span>
        {room}
      </h1>
      <ConnectionPill connection={connection} onReconnect={onReconnect} />
      <button
        ref={membersButton}
        type="button"
        className="button quiet members-toggle"
        aria-expanded={membersOpen}
        aria-controls="members"
        onClick={onToggleMembers}
      >
        <PeopleIcon />
        <span className="member-count">{memberCount}</span>
        <span className="visually-hidden">{memberCount === 1 ? ' person here, show' : ' people here, show'}</span>
      </button>
      <button type="button" className="button quiet" onClick={onLeave}>
        <LeaveIcon />
        <span className="wide-only">Leave</span>
        <span className="visually-hidden narrow-only">Leave room</span>
      </button>
    </header>
  );
}
