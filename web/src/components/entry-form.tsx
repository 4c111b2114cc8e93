import { type FormEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Problem } from '../chat-state.js';
import { nameProblem } from '../protocol.js';
import { Field } from './field.js';

interface EntryFormProps {
  readonly name: string;
  readonly room: string;
  readonly problem: Problem | undefined;
  readonly onEnter: (room: string, name: string) => void;
}

/** Asks for a name and a room. What is wrong is said after a first try, not while typing it. */
export function EntryForm({ name: knownName, room: knownRoom, problem, onEnter }: EntryFormProps) {
  const [name, setName] = useState(knownName);
  const [room, setRoom] = useState(knownRoom);
  const [tried, setTried] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const roomInput = useRef<HTMLInputElement>(null);

  // Before the first paint: who begins to type at once loses nothing.
  useLayoutEffect(() => nameInput.current?.focus(), []);
  useEffect(() => setRoom(knownRoom), [knownRoom]);

  const enter = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (nameProblem(name) !== undefined) nameInput.current?.focus();
    else if (nameProblem(room) !== undefined) roomInput.current?.focus();
    else onEnter(room.trim(), name.trim());
  };

  return (
    <main className="entry">
      <form className="entry-card" onSubmit={enter} noValidate>
        <p className="brand">
          <span className="brand-mark" aria-hidden="true" />
          framegate
        </p>
        <h1>Join a room</h1>
        <p className="muted">No account needed. Anyone who knows the room’s name can come in.</p>
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problem.content}
          </p>
        )}
        <Field
          label="Your name"
          value={name}
          onChange={setName}
          problem={tried ? nameProblem(name) : undefined}
          autoComplete="nickname"
          inputRef={nameInput}
        />
        <Field label="Room" value={room} onChange={setRoom} problem={tried ? nameProblem(room) : undefined} inputRef={roomInput} />
        <button className="button primary" type="submit">
          Enter room
        </button>
        <p className="fine-print">Messages pass through Wasm plugins on this host.</p>
      </form>
    </main>
  );
}
