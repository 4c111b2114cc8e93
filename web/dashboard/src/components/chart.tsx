import { useEffect, useRef, useSyncExternalStore } from 'react';
import uPlot from 'uplot';
import { useDesk } from '../desk.js';
import { clock } from '../format.js';
import { useLive } from '../hooks/use-live.js';
import type { Series } from '../live-history.js';
import type { Snapshot } from '../model.js';

const HEIGHT = 180;
const MAX_LINES = 8;
const WINDOW_SECONDS = 120;
const dark = matchMedia('(prefers-color-scheme: dark)');

interface ChartProps {
  readonly title: string;
  readonly value: (snapshot: Snapshot) => ReadonlyMap<string, number | undefined>;
  /** How a figure is written in the legend. */
  readonly write: (value: number) => string;
  /** Logarithmic, for figures that differ by orders of magnitude. */
  readonly logarithmic?: boolean;
}

/** The last two minutes, a line for each name. The legend says the newest figures in words. */
export function Chart({ title, value, write, logarithmic = false }: ChartProps) {
  const { feed } = useDesk();
  const { snapshot } = useLive();
  const series = feed.history.series(value, MAX_LINES);
  const now = snapshot === undefined ? undefined : value(snapshot);
  const left = (now?.size ?? 0) - series.names.length;
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      {series.names.length === 0 ? (
        <p className="empty">{snapshot === undefined ? 'Waiting for figures…' : 'No plugin runs on this host.'}</p>
      ) : (
        <Plot key={series.names.join('\n')} series={series} logarithmic={logarithmic} />
      )}
      <ul className="legend">
        {series.names.map((name, index) => {
          const figure = now?.get(name);
          return (
            <li key={name}>
              <span className={`swatch line-${index}`} aria-hidden="true" />
              {name} <b>{figure === undefined ? '–' : write(figure)}</b>
            </li>
          );
        })}
        {left > 0 && <li>and {left} more, in the table</li>}
      </ul>
    </figure>
  );
}

function Plot({ series, logarithmic }: { series: Series; logarithmic: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(series);
  latest.current = series;
  const isDark = useSyncExternalStore(subscribeScheme, () => dark.matches);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read anew for the other scheme
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { names, columns } = latest.current;
    const made = new uPlot(optionsOf(element, names, logarithmic), columns as uPlot.AlignedData, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [logarithmic, isDark]);
  useEffect(() => plot.current?.setData(series.columns as uPlot.AlignedData), [series.columns]);

  return <div ref={box} className="plot" aria-hidden="true" />;
}

function subscribeScheme(listener: () => void): () => void {
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
}

const powersOfTen = (_: uPlot, _axis: number, min: number, max: number): number[] =>
  [0.001, 0.01, 0.1, 1, 10, 100, 1_000].filter((power) => power >= min && power <= max);

function optionsOf(element: HTMLElement, names: readonly string[], logarithmic: boolean): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    // half of the last label stands beyond the plot
    padding: [10, 36, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: (_, _min, max) => [max - WINDOW_SECONDS, max] },
      y: logarithmic
        ? { distr: 3, range: (_, _min, max) => [0.001, 10 ** Math.ceil(Math.log10(Math.max(1, max ?? 1)))] }
        : { range: (_, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, space: 80, size: 30, values: (_, splits) => splits.map((seconds) => clock(seconds * 1_000)) },
      {
        ...axis,
        size: 48,
        ...(logarithmic ? { splits: powersOfTen, filter: (_, splits) => splits, values: (_, splits) => splits.map(String) } : {}),
      },
    ],
    series: [
      {},
      ...names.map((label, index) => ({
        label,
        stroke: colour(`--line-${index}`),
        width: 1.75,
        points: { show: logarithmic, size: 4 },
        spanGaps: false,
      })),
    ],
  };
}
