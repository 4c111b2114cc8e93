import { useState } from 'react';
import { clock } from '../format.js';
import { useList } from '../hooks/use-list.js';
import type { Excerpt, TrialDetail, TrialRun } from '../model.js';

/** Frames on which a version in shadow and the running one differ, newest first, side by side. Asked for when somebody opens it. */
export function DifferenceList({ path, name }: { path: string; name: string }) {
  const [open, setOpen] = useState(false);
  const { answer, problem } = useList<TrialDetail>(open ? `${path}/trial` : undefined);
  return (
    <details className="differences" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Frames on which they differ</summary>
      {problem !== undefined && <p className="problem">{problem}</p>}
      {answer === undefined && open && problem === undefined && <p className="empty">Loading…</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by itself, which not every browser lets the keyboard do otherwise */}
      <ol aria-label={`Differences of ${name}`} tabIndex={0}>
        {answer?.differences.map(({ number, at, hook, connection, differs, frame, running, candidate }) => (
          <li key={number}>
            <p className="muted">
              {clock(at)} · {hook} · <code>{connection.slice(0, 8)}</code> · differs in {differs.join(', ')}
            </p>
            <Payload of={frame} />
            <div className="sides">
              <Side title="Running" run={running} />
              <Side title="Candidate" run={candidate} />
            </div>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Side({ title, run }: { title: string; run: TrialRun }) {
  const { kind, fault, reason, forward, forwarded, reply, replied, close } = run;
  return (
    <div>
      <p>
        {title}: <b>{kind}</b> {fault !== undefined && <code>{fault}</code>}
      </p>
      {reason !== undefined && <p className="muted">{reason}</p>}
      {forward.map((frame, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have nothing else, and never move
        <Payload key={index} of={frame} />
      ))}
      {forwarded > forward.length && <p className="fine-print">and {forwarded - forward.length} more</p>}
      {replied > 0 && <p className="muted">replies:</p>}
      {reply.map((frame, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have nothing else, and never move
        <Payload key={index} of={frame} />
      ))}
      {close !== undefined && (
        <p className="muted">
          closes with {close.code} {close.reason}
        </p>
      )}
    </div>
  );
}

function Payload({ of: { text, bytes, truncated } }: { of: Excerpt }) {
  return (
    <pre className="payload">
      {text === '' ? `${bytes} bytes` : text}
      {text !== '' && truncated && '…'}
    </pre>
  );
}
