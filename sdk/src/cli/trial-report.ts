import pc from 'picocolors';
import { printable } from '../abi/printable.js';

/** A version that is tried beside the running one, or was last. */
export interface TrialView {
  readonly stage: string;
  readonly sha256: string;
  readonly version?: string;
  readonly percent: number;
  readonly ended?: { readonly reason: string; readonly failed: boolean };
  readonly canary?: { readonly frames: number; readonly faults: number };
  readonly shadow?: {
    readonly compared: number;
    readonly same: number;
    readonly different: number;
    readonly by: Readonly<Record<string, number>>;
    readonly faults: number;
    readonly skipped: number;
    readonly withheld: number;
    readonly candidateMs?: number;
    readonly runningMs?: number;
  };
}

interface RunView {
  readonly kind: string;
  readonly reason?: string;
  readonly fault?: string;
  readonly forward: readonly ExcerptView[];
  readonly forwarded: number;
  readonly reply: readonly ExcerptView[];
  readonly replied: number;
  readonly close?: { readonly code: number; readonly reason: string };
}

interface ExcerptView {
  readonly text: string;
  readonly bytes: number;
  readonly truncated: boolean;
}

/** A trial with the frames on which the two versions differ, newest first. */
export interface TrialDetail {
  readonly trial?: TrialView;
  readonly differences: readonly {
    readonly at: number;
    readonly hook: string;
    readonly connection: string;
    readonly differs: readonly string[];
    readonly frame: ExcerptView;
    readonly running: RunView;
    readonly candidate: RunView;
  }[];
}

/** Digits of a SHA-256 that tell versions apart, and are enough to name one. */
const SHORT = 12;
/** Differences that are listed; the API has more. */
const LISTED = 10;
const EXCERPT_LENGTH = 100;

export function short(sha256: string): string {
  return sha256.slice(0, SHORT);
}

/** How the two versions compare, and the latest frames on which they differ. */
export function trialReport(route: string, name: string, { trial, differences }: TrialDetail): string {
  if (trial === undefined) return `no version of ${name} of ${route} has been tried`;
  const listed = differences
    .slice(0, LISTED)
    .flatMap(({ at, hook, connection, differs, frame, running, candidate }) => [
      '',
      `${new Date(at).toISOString()}  ${hook}  ${pc.dim(connection)}  ${pc.yellow(differs.join(', '))}`,
      `  frame      ${excerpt(frame)}`,
      `  running    ${run(running)}`,
      `  candidate  ${run(candidate)}`,
    ]);
  return [trialLine(route, name, trial), ...listed].join('\n');
}

/** In one line what is tried, and how it fares. */
export function trialLine(route: string, name: string, { stage, sha256, version, percent, ended, shadow, canary }: TrialView): string {
  const what = `${pc.bold(name)} of ${route}: ${version ?? 'a version without a number'} ${pc.dim(short(sha256))}`;
  const run = canary === undefined ? '' : `, ${canary.frames} frames, ${canary.faults} faults`;
  const figures = shadow === undefined ? run : `, ${agreement(shadow)}`;
  if (ended !== undefined) {
    const word = ended.failed ? pc.red('ended') : pc.dim('ended');
    return `${word}  ${what} is no longer tried in ${stage}: ${printable(ended.reason)}${figures}`;
  }
  return `${pc.cyan(stage)} ${what} on ${percent} % of the connections${figures}`;
}

function agreement({
  compared,
  same,
  different,
  by,
  faults,
  skipped,
  withheld,
  candidateMs,
  runningMs,
}: NonNullable<TrialView['shadow']>): string {
  if (compared + skipped === 0) return 'no frame compared so far';
  const ways = Object.entries(by).flatMap(([what, count]) => (count > 0 ? [`${what} ${count}`] : []));
  return [
    // Never 100 % where something differs.
    `${compared === 0 ? 0 : Math.floor((same / compared) * 1000) / 10} % of ${compared} frames the same`,
    ...(different > 0 ? [`${different} differ (${ways.join(', ')})`] : []),
    ...(faults > 0 ? [`it failed on ${faults}`] : []),
    ...(skipped > 0 ? [`${skipped} found no room and were not compared`] : []),
    ...(withheld > 0 ? [`${withheld} HTTP requests of its own were not sent`] : []),
    ...(candidateMs === undefined || runningMs === undefined || runningMs === 0
      ? []
      : [`a call takes × ${(candidateMs / runningMs).toFixed(2)}`]),
  ].join(', ');
}

function run({ kind, reason, fault, forward, forwarded, reply, replied, close }: RunView): string {
  return [
    `${pc.bold(kind)}${fault === undefined ? '' : ` ${fault}`}${reason === undefined ? '' : ` (${oneLine(reason)})`}`,
    ...(forwarded > 0 ? [`→ ${frames(forward, forwarded)}`] : []),
    ...(replied > 0 ? [`← ${frames(reply, replied)}`] : []),
    ...(close === undefined ? [] : [`closes with ${close.code} ${oneLine(close.reason)}`]),
  ].join('  ');
}

function frames(shown: readonly ExcerptView[], count: number): string {
  const more = count > shown.length ? ` and ${count - shown.length} more` : '';
  return shown.map(excerpt).join(' | ') + more;
}

function excerpt({ text, bytes, truncated }: ExcerptView): string {
  if (text === '') return pc.dim(`${bytes} bytes`);
  return `${oneLine(text)}${truncated ? '…' : ''}`;
}

function oneLine(text: string): string {
  const line = printable(JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"'));
  return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH - 1)}…` : line;
}
