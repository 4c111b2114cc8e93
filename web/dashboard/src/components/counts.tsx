import { count } from '../format.js';

/** Figures by kind, such as verdicts and faults. */
export function Counts({ of, none = 'none' }: { of: Readonly<Record<string, number>>; none?: string }) {
  const entries = Object.entries(of).filter(([, value]) => value > 0);
  if (entries.length === 0) return <span className="muted">{none}</span>;
  return (
    <span className="counts">
      {entries.map(([kind, value]) => (
        <span key={kind} className={`count ${kind}`}>
          {kind} <b>{count(value)}</b>
        </span>
      ))}
    </span>
  );
}
