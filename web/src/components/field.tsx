import { type Ref, useId } from 'react';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly problem: string | undefined;
  readonly autoComplete?: string;
  /** Default: text. */
  readonly type?: 'text' | 'password' | 'search';
  readonly inputRef?: Ref<HTMLInputElement>;
}

/** A labelled line of text, with what is wrong with it below, tied to it for assistive technology. */
export function Field({ label, value, onChange, problem, autoComplete = 'off', type = 'text', inputRef }: FieldProps) {
  const id = useId();
  const invalid = problem !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={type}
        ref={inputRef}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        autoComplete={autoComplete}
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="go"
        aria-invalid={invalid}
        aria-describedby={invalid ? `${id}-problem` : undefined}
      />
      {invalid && (
        <p className="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}
