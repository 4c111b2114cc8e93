import { basename } from 'node:path';
import pc from 'picocolors';
import type { PluginMeasure, VerdictCounts } from '../testing/measure-plugin.js';
import { formatBytes, formatFacts } from './output.js';

const PAGE_BYTES = 65_536;
/** A part of its fuel from which on a slower frame may well run out of it. */
const MUCH_FUEL = 0.5;

/** What `framegate bench` prints. */
export function renderMeasure(file: string, measure: PluginMeasure): string {
  const { name, version, hook, frames, warmUpFrames, payloadBytes, loadMs, coldUs, p50Us, p99Us, bytesIn, bytesOut, stateBytes, ruledOut } =
    measure;
  const title = `${version === undefined ? pc.bold(basename(file)) : `${pc.bold(name)} ${version}`}, ${hook}, ${count(frames)} frames of ${average(payloadBytes)}`;
  const facts: (readonly [string, string])[] = [
    ['load', `${loadMs.toFixed(1)} ms ${pc.dim('checked, metered, compiled, set up')}`],
    ['first frame', `${micros(coldUs)} ${pc.dim('cold: a host warms plugins up, so that no client meets this')}`],
    ['a frame', `${pc.bold(micros(p50Us))} p50, ${micros(p99Us)} p99 ${pc.dim(`warm, after ${count(warmUpFrames)} frames`)}`],
    ['fuel a frame', fuelText(measure)],
    ['copied a frame', `${average(bytesIn)} in, ${average(bytesOut)} out`],
    ['guest memory', memoryText(measure)],
    ['state', stateBytes === 0 ? 'none' : formatBytes(stateBytes)],
    ['verdicts', verdictText(measure.verdicts)],
    ...(ruledOut === 0 ? [] : [['guards', `rule out ${count(ruledOut)} of them: a host does not call the plugin for these`] as const]),
  ];
  return `${title}\n${formatFacts(facts)}`;
}

function fuelText({ fuel }: PluginMeasure): string {
  if (!fuel) return 'not metered';
  const part = fuel.max / fuel.limit;
  const text = `${count(Math.round(fuel.mean))} units, ${count(fuel.max)} at most: ${percent(part)} of its limit`;
  return part > MUCH_FUEL ? `${pc.yellow(text)} ${pc.dim('(see limits.fuel)')}` : text;
}

function memoryText({ memory: { first, warm, last }, frames, warmUpFrames }: PluginMeasure): string {
  const grown = last - warm;
  const start = first === last ? formatBytes(last) : `${formatBytes(first)} at first, ${formatBytes(last)} at last`;
  const measured = count(frames - warmUpFrames);
  if (grown === 0) return `${start}, ${pc.green(`no growth over ${measured} frames`)}`;
  const pages = grown / PAGE_BYTES;
  return `${start}, ${pc.yellow(`${count(pages)} page${pages === 1 ? '' : 's'} of growth over ${measured} frames`)}`;
}

function verdictText(verdicts: VerdictCounts): string {
  return Object.entries(verdicts)
    .filter(([, frames]) => frames > 0)
    .map(([what, frames]) => `${count(frames)} ${what}`)
    .join(', ');
}

const count = (value: number): string => value.toLocaleString('en');
const average = (bytes: number): string => (bytes < 1024 ? `${Math.round(bytes)} B` : formatBytes(bytes));

function micros(us: number): string {
  if (us >= 10_000) return `${(us / 1000).toFixed(1)} ms`;
  return us >= 100 ? `${count(Math.round(us))} µs` : `${us.toFixed(us >= 10 ? 1 : 2)} µs`;
}

function percent(part: number): string {
  const value = part * 100;
  return value < 0.01 ? 'less than 0.01 %' : `${value.toFixed(value < 1 ? 2 : 0)} %`;
}
