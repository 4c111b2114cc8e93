import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { Member } from '../protocol.js';
import { Avatar } from './avatar.js';
import { CloseIcon } from './icons.js';
import { RenameForm } from './rename-form.js';

interface MembersPanelProps {
  readonly members: readonly Member[];
  readonly selfId: string | undefined;
  readonly name: string;
  readonly online: boolean;
  /** Matters on narrow screens only; wide ones always show the panel. */
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onRename: (name: string) => void;
}

/** Who is here, ourselves first. */
export function MembersPanel({ members, selfId, name, online, open, onClose, onRename }: MembersPanelProps) {
  const closeButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) closeButton.current?.focus();
  }, [open]);
  const others = members.filter(({ id }) => id !== selfId).sort((a, b) => a.name.localeCompare(b.name));
  const onKeyDown = (event: KeyboardEvent) => {
    if (open && event.key === 'Escape') onClose();
  };

  return (
    <aside id="members" className="members" data-open={open} aria-labelledby="members-heading" onKeyDown={onKeyDown}>
      <div className="members-head">
        <h2 id="members-heading">
          Here now <span className="muted">{members.length}</span>
        </h2>
        <button ref={closeButton} type="button" className="button quiet members-close" onClick={onClose}>
          <CloseIcon />
          <span className="visually-hidden">Close the list of people</span>
        </button>
      </div>
      <ul>
        <li className="self">
          <RenameForm name={name} disabled={!online} onRename={onRename} />
        </li>
        {others.map((member) => (
          <li key={member.id}>
            <Avatar name={member.name} />
            <span className="member-name">{member.name}</span>
          </li>
        ))}
      </ul>
      <p className="fine-print">Messages pass through Wasm plugins on this host.</p>
    </aside>
  );
}
