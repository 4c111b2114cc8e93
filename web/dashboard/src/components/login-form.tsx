import { type FormEvent, useLayoutEffect, useRef, useState } from 'react';
import { Field } from '../../../src/components/field.js';
import type { Api } from '../api.js';
import type { Who } from '../model.js';

interface LoginFormProps {
  readonly api: Api;
  /** Why there is a login to be made, if it is not the first. */
  readonly notice: string | undefined;
  readonly onLogin: (who: Who) => void;
}

/** Asks for a key or a token. It is sent once and not kept: from then on a cookie that no script can read stands for it. */
export function LoginForm({ api, notice, onLogin }: LoginFormProps) {
  const [credential, setCredential] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);

  const logIn = (event: FormEvent) => {
    event.preventDefault();
    input.current?.focus();
    if (credential.trim() === '') return setProblem('Please enter a key or a token.');
    setBusy(true);
    api
      .login(credential.trim())
      .then(onLogin)
      .catch((error: Error) => {
        setProblem(error.message);
        setBusy(false);
      });
  };

  return (
    <main className="entry">
      <form className="entry-card" onSubmit={logIn} noValidate>
        <p className="brand">
          <span className="brand-mark" aria-hidden="true" />
          framegate
        </p>
        <h1>Operators’ dashboard</h1>
        <p className="muted" role="status">
          {notice ?? 'See what the host does, and change it while it runs.'}
        </p>
        <Field
          label="Key or token"
          type="password"
          value={credential}
          onChange={setCredential}
          problem={problem}
          autoComplete="current-password"
          inputRef={input}
        />
        <button className="button primary" type="submit" disabled={busy}>
          {busy ? 'Logging in…' : 'Log in'}
        </button>
        <p className="fine-print">
          Without keys in the configuration, the host’s own key stands in <code>framegate-admin.key</code> beside it.
        </p>
      </form>
    </main>
  );
}
