import { median } from './statistics.js';

/** Those that end in `/s` are rates: more is better. */
export type Unit =
  | 'round trips/s'
  | 'calls/s'
  | 'frames/s'
  | 'deliveries/s'
  | 'µs'
  | 'ms'
  | 'bytes'
  | 'bytes/frame'
  | 'threads'
  | 'units'
  | 'messages'
  | '×';

/** What a figure has to reach: the ratio where there is a peer, else the figure itself. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number };

/** One figure of the report. */
export interface Row {
  readonly name: string;
  /** Median over the runs. */
  readonly ours: number;
  /** Median over the same runs; `null` where there is nothing to compare with. */
  readonly peer: number | null;
  /** Median of ours ÷ peer, each taken inside one round; `null` without a peer. */
  readonly ratio: number | null;
  readonly unit: Unit;
  /** Of the ratio; without a peer, of `ours`. */
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  /** Absent where nothing was set. */
  readonly bar?: Bar;
}

/** A figure against its peer. `ours[i]` and `peer[i]` come from the same round. */
export function compared(name: string, unit: Unit, ours: readonly number[], peer: readonly number[]): Row {
  if (ours.length !== peer.length) throw new Error(`${name}: ${ours.length} runs of ours against ${peer.length} of the peer.`);
  const ratios = ours.map((value, round) => value / (peer[round] ?? Number.NaN));
  const spread = { min: Math.min(...ratios), max: Math.max(...ratios), runs: ours.length };
  const row: Row = { name, ours: median(ours), peer: median(peer), ratio: median(ratios), unit, ...spread };
  return checked(row);
}

/** A figure that stands alone. */
export function measured(name: string, unit: Unit, values: readonly number[]): Row {
  return checked({
    name,
    ours: median(values),
    peer: null,
    ratio: null,
    unit,
    min: Math.min(...values),
    max: Math.max(...values),
    runs: values.length,
  });
}

export function withBar(row: Row, bar: Bar): Row {
  return { ...row, bar };
}

/** Whether the median reaches the bar. `undefined`: there is none. */
export function reaches({ ours, ratio, bar }: Row): boolean | undefined {
  if (bar === undefined) return undefined;
  const value = ratio ?? ours;
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
}

function checked(row: Row): Row {
  for (const value of [row.ours, row.peer, row.ratio, row.min, row.max]) {
    if (value !== null && !Number.isFinite(value)) throw new Error(`${row.name}: a measurement gave ${value}.`);
  }
  return row;
}
