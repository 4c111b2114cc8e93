import type { RecordedOutcome } from '@framegate/host';
import pc from 'picocolors';
import type { ReplayDifference, ReplayedModule, ReplayReport } from '../testing/replay-recording.js';

const SHOWN = 10;
const MAX_LINE = 160;

/** What a replay found, for reading: the first differences whole, and how many there are. */
export function renderReplay(file: string, report: ReplayReport): string {
  const { recorded, replayed, calls, compared, differences, unanswered } = report;
  const same = recorded.sha256 === replayed.sha256 ? 'the same module' : `recorded with ${spellModule(recorded)}`;
  const lines = [`${pc.bold(file)}: ${count(calls, 'call')}, replayed with ${spellModule(replayed)} (${same})`];
  for (const difference of differences.slice(0, SHOWN)) lines.push('', ...renderDifference(difference));
  if (differences.length > SHOWN) lines.push('', pc.dim(`… and ${differences.length - SHOWN} more; --json has them all`));
  for (const { call, hook, connection, is } of unanswered.slice(0, SHOWN)) {
    lines.push('', `call ${call}  ${hook}  ${connection}`, `  was  ${pc.red('never came back')}`, `  is   ${spellOutcome(is)}`);
  }
  const apart = calls - compared;
  const rest = apart > 0 ? `; ${count(apart, 'call')} had no answer to compare with` : '';
  const verdict = differences.length === 0 ? pc.green('no difference') : pc.red(count(differences.length, 'difference'));
  lines.push('', `${verdict} in ${count(compared, 'answer')}${rest}`);
  return lines.join('\n');
}

function renderDifference({ call, hook, connection, frame, was, is }: ReplayDifference): string[] {
  return [
    `call ${call}  ${hook}  ${connection}`,
    `  frame  ${short('text' in frame ? frame.text : `base64 ${frame.base64}`)}`,
    ...(spellOutcome(was) === spellOutcome(is) ? [] : [`  was    ${spellOutcome(was)}`, `  is     ${spellOutcome(is)}`]),
    ...(spellWrites(was) === spellWrites(is) ? [] : [`  wrote  ${spellWrites(was)}`, `  writes ${spellWrites(is)}`]),
  ];
}

function spellModule({ name, version, sha256 }: ReplayedModule): string {
  return `${name} ${version ?? ''}${version === undefined ? '' : ' '}${sha256.slice(0, 12)}`;
}

function spellOutcome({ fault, wait, verdict = {} }: RecordedOutcome): string {
  if (fault) return short(`fault ${fault.code}: ${fault.message}`);
  if (wait) return 'waits for HTTP that was not recorded';
  const parts = Object.entries(verdict).map(([what, value]) => `${what} ${JSON.stringify(value)}`);
  return parts.length === 0 ? 'pass' : short(parts.join(', '));
}

function spellWrites({ writes }: RecordedOutcome): string {
  return writes.length === 0 ? 'nothing' : short(writes.map((write) => JSON.stringify(write)).join(' '));
}

function short(text: string): string {
  const line = text.replaceAll('\n', '\\n');
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}
