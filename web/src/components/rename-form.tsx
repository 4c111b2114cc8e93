import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { nameProblem } from '../protocol.js';
import { Avatar } from './avatar.js';
import { Field } from './field.js';
import { EditIcon } from './icons.js';

interface RenameFormProps {
  readonly name: string;
  readonly disabled: boolean;
  readonly onRename: (name: string) => void;
}

/** Our own name, and on request a field to change it. Escape leaves it as it was. */
export function RenameForm({ name, disabled, onRename }: RenameFormProps) {
  const [draft, setDraft] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  const editing = draft !== undefined;

  useEffect(() => {
    if (editing) input.current?.select();
    else if (wasEditing.current) opener.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  if (draft === undefined) {
    return (
      <>
        <Avatar name={name} />
        <span className="member-name">{name}</span> <span className="muted">(you)</span>
        <button ref={opener} type="button" className="button quiet" disabled={disabled} onClick={() => setDraft(name)}>
          <EditIcon />
          <span className="visually-hidden">Change your name</span>
        </button>
      </>
    );
  }

  const problem = nameProblem(draft);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (problem !== undefined) return;
    if (draft.trim() !== name) onRename(draft.trim());
    setDraft(undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    setDraft(undefined);
  };
  return (
    <form className="rename" onSubmit={save} onKeyDown={onKeyDown} noValidate>
      <Field label="New name" value={draft} onChange={setDraft} problem={problem} inputRef={input} />
      <div className="rename-actions">
        <button type="submit" className="button primary small" disabled={disabled}>
          Save
        </button>
        <button type="button" className="button small" onClick={() => setDraft(undefined)}>
          Cancel
        </button>
      </div>
    </form>
  );
}
