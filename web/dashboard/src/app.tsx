import { useEffect, useState } from 'react';
import type { Api } from './api.js';
import { ApiError } from './api.js';
import { LoginForm } from './components/login-form.js';
import { Dashboard } from './dashboard.js';
import type { Who } from './model.js';

type Session =
  | { readonly kind: 'asking' }
  | { readonly kind: 'out'; readonly notice?: string }
  | { readonly kind: 'in'; readonly who: Who };

/** The login, and behind it the dashboard. */
export function App({ api }: { api: Api }) {
  const [session, setSession] = useState<Session>({ kind: 'asking' });

  useEffect(() => {
    api.ended = () => setSession((before) => (before.kind === 'in' ? { kind: 'out', notice: 'The session has ended.' } : { kind: 'out' }));
    api
      .get<Who>('/session')
      .then((who) => setSession({ kind: 'in', who }))
      .catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 401)) setSession({ kind: 'out', notice: String((error as Error).message) });
      });
  }, [api]);

  switch (session.kind) {
    case 'asking':
      return null;
    case 'out':
      return <LoginForm api={api} notice={session.notice} onLogin={(who) => setSession({ kind: 'in', who })} />;
    case 'in':
      return <Dashboard api={api} who={session.who} />;
  }
}
