import { type Answer, PASS, type Verdict } from '../verdict.js';
import type { OutcomeNote, TracedCall } from './outcome.js';

/** What a verdict amounts to, for notes; `undefined`: the frame passes, and nothing is said of it. Of an event there is nothing to drop. */
export function verdictKind(
  { forward, reply, close, reject, reason }: Verdict,
  of: 'frame' | 'event' = 'frame',
): Exclude<OutcomeNote['kind'], 'fault'> | undefined {
  if (reject) return 'reject';
  if (close) return 'close';
  if (forward?.length === 0 && of === 'frame') return 'drop';
  if (forward && forward.length > 0) return 'replace';
  if (reply && reply.length > 0) return 'reply';
  return reason === undefined ? undefined : 'note';
}

/** The same of whatever a call can end with. */
export function answerKind(answer: Answer): TracedCall['verdict'] {
  if (answer === PASS) return 'pass';
  return answer.kind === 'verdict' ? (verdictKind(answer) ?? 'pass') : answer.kind;
}
