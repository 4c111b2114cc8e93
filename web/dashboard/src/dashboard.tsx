import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Api } from './api.js';
import { QuestionDialog } from './components/question-dialog.js';
import { Toast, type ToastText } from './components/toast.js';
import { TopBar } from './components/top-bar.js';
import { type Consent, type Desk, DeskContext, type Question } from './desk.js';
import { PLACES, usePlace } from './hooks/use-place.js';
import { LiveFeed } from './live-feed.js';
import { ROLES, type Role, type Who } from './model.js';
import { ActivityView } from './views/activity-view.js';
import { ChatView } from './views/chat-view.js';
import { ConnectionsView } from './views/connections-view.js';
import { OverviewView } from './views/overview-view.js';
import { PluginsView } from './views/plugins-view.js';
import { StateView } from './views/state-view.js';

const VIEWS = {
  overview: OverviewView,
  plugins: PluginsView,
  connections: ConnectionsView,
  chat: ChatView,
  state: StateView,
  activity: ActivityView,
} as const;

interface Asked {
  readonly question: Question;
  readonly answer: (consent: Consent | undefined) => void;
}

/** Everything behind the login. */
export function Dashboard({ api, who }: { api: Api; who: Who }) {
  const place = usePlace();
  // A login that has ended closes the stream without a word: the answer to this says so.
  const [feed] = useState(() => new LiveFeed(() => void api.get('/session').catch(() => undefined)));
  const [asked, setAsked] = useState<Asked>();
  const [toast, setToast] = useState<ToastText>();
  const [changes, setChanges] = useState(0);
  useEffect(() => feed.start(), [feed]);
  useEffect(() => {
    document.title = `${PLACES[place]} · framegate dashboard`;
  }, [place]);

  const may = useCallback((role: Role) => ROLES.indexOf(who.role) >= ROLES.indexOf(role), [who]);
  const ask = useCallback((question: Question) => new Promise<Consent | undefined>((answer) => setAsked({ question, answer })), []);
  const run = useCallback((done: string, work: () => Promise<unknown>) => {
    work()
      .then((words) => setToast({ kind: 'done', text: typeof words === 'string' ? words : done }))
      .catch((error: Error) => setToast({ kind: 'problem', text: error.message }))
      .finally(() => setChanges((before) => before + 1));
  }, []);
  const desk = useMemo<Desk>(() => ({ api, who, feed, may, ask, run, changes }), [api, who, feed, may, ask, run, changes]);
  const View = VIEWS[place];

  return (
    <DeskContext value={desk}>
      <TopBar place={place} />
      <main className="view">
        <h1 className="visually-hidden">{PLACES[place]}</h1>
        <View />
      </main>
      <Toast toast={toast} onClose={() => setToast(undefined)} />
      {asked !== undefined && (
        <QuestionDialog
          question={asked.question}
          onAnswer={(consent) => {
            setAsked(undefined);
            asked.answer(consent);
          }}
        />
      )}
    </DeskContext>
  );
}
