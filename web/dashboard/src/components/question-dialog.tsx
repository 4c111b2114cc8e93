import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { Field } from '../../../src/components/field.js';
import type { Consent, Question } from '../desk.js';
import { Select } from './select.js';

interface QuestionDialogProps {
  readonly question: Question;
  readonly onAnswer: (consent: Consent | undefined) => void;
}

/** Asks before something is done. Escape is a no; the focus goes back to where it was. */
export function QuestionDialog({ question, onAnswer }: QuestionDialogProps) {
  const { title, text, confirm, danger = false, target, input, choice } = question;
  const [words, setWords] = useState(input?.value ?? '');
  const [chosen, setChosen] = useState(choice?.options[0]?.[0] ?? '');
  const [aim, setAim] = useState(target?.options?.[0]?.[0] ?? '');
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  const agree = (event: FormEvent) => {
    event.preventDefault();
    onAnswer({ target: aim.trim(), input: words.slice(0, input?.maxLength), choice: chosen });
  };

  return (
    <dialog
      ref={dialog}
      className="question"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onClose={() => onAnswer(undefined)}
    >
      <form onSubmit={agree}>
        <h2 id={`${id}-title`}>{title}</h2>
        <p id={`${id}-text`}>{text}</p>
        {target?.options !== undefined && <Select label={target.label} value={aim} options={target.options} onChange={setAim} />}
        {target !== undefined && target.options === undefined && (
          <Field label={target.label} value={aim} onChange={setAim} problem={undefined} />
        )}
        {choice !== undefined && <Select label={choice.label} value={chosen} options={choice.options} onChange={setChosen} />}
        {input !== undefined && <Field label={input.label} value={words} onChange={setWords} problem={undefined} />}
        <div className="question-actions">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className={danger ? 'button danger' : 'button primary'}>
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
