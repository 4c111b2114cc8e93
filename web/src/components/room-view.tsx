import { useRef, useState } from 'react';
import type { ChatClient } from '../chat-client.js';
import type { ChatState } from '../chat-state.js';
import { Composer } from './composer.js';
import { MembersPanel } from './members-panel.js';
import { RoomHeader } from './room-header.js';
import { Timeline } from './timeline.js';

interface RoomViewProps {
  readonly client: ChatClient;
  readonly state: ChatState;
  readonly room: string;
  readonly onLeave: () => void;
}

/** One room: header, members, messages, composer. */
export function RoomView({ client, state, room, onLeave }: RoomViewProps) {
  const [membersOpen, setMembersOpen] = useState(false);
  const membersButton = useRef<HTMLButtonElement>(null);
  const composer = useRef<HTMLTextAreaElement>(null);

  // A button that goes away once it was used hands the focus on.
  const thenWrite = (action: () => void) => {
    action();
    composer.current?.focus();
  };
  const closeMembers = () => {
    setMembersOpen(false);
    membersButton.current?.focus();
  };

  return (
    <div className="room">
      <RoomHeader
        room={room}
        connection={state.connection}
        memberCount={state.members.length}
        membersOpen={membersOpen}
        membersButton={membersButton}
        onToggleMembers={() => setMembersOpen(!membersOpen)}
        onReconnect={() => thenWrite(() => client.reconnect())}
        onLeave={onLeave}
      />
      <main className="conversation">
        <Timeline
          entries={state.entries}
          received={state.received}
          connection={state.connection}
          alone={state.members.length <= 1}
          onResend={(clientId) => thenWrite(() => client.resend(clientId))}
          onToBottom={thenWrite}
        />
        <Composer
          inputRef={composer}
          room={room}
          connection={state.connection}
          problem={state.problem}
          onSend={(content) => client.send(content)}
          onDismiss={() => thenWrite(() => client.dismissProblem())}
        />
      </main>
      <MembersPanel
        members={state.members}
        selfId={state.selfIds.at(-1)}
        name={state.name}
        online={state.connection.kind === 'online'}
        open={membersOpen}
        onClose={closeMembers}
        onRename={(name) => client.rename(name)}
      />
    </div>
  );
}
