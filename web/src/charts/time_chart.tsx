// A chart of lines over time: with its numbers, a table and a sentence that says the same, and files to take away.

import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { savePng, saveCsv } from '../format/files';
import { amountText } from '../format/numbers';
import { readable } from '../format/readable';
import type { Line } from '../model/lines';
import { page } from '../page';
import { ChartTable, summaryOf } from './chart_table';
import { PAGE_TIME, type ChartTime } from './chart_time';
import { handleKey, handleWheel, makePlot, refreshPlot } from './plot';
import { palette, SERIES_COLORS, TEXT_COLOR } from './palette';

export interface ChartProps {
  readonly title: string;
  /** Source of the numbers: the names of the families. */
  readonly source?: string | undefined;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** By default the page's. */
  readonly time?: ChartTime | undefined;
  readonly height?: number;
  readonly atLeast?: number | undefined;
  readonly logarithmic?: boolean;
  readonly range?: uPlot.Range.Function;
  readonly hooks?: uPlot.Hooks.Arrays;
  /** Further actions in the chart's head. */
  readonly actions?: preact.ComponentChildren;
  readonly note?: string | undefined;
  readonly colors?: readonly number[] | undefined;
}

const SUMMARY_EVERY_MS = 5000;
const EMPTY = [[]] as unknown as uPlot.AlignedData;

interface Live {
  plot: uPlot | null;
  data: uPlot.AlignedData;
  describedAt: number;
}

/** The numbers beside the legend: at the cursor, or the last ones. */
function showNumbers(root: HTMLElement, live: Live, unit: string, index: number | null): void {
  root.querySelectorAll<HTMLElement>('.legend-value').forEach((element, i) => {
    const points = live.data[i + 1] ?? [];
    const value = index === null ? points[points.length - 1] : points[index];
    element.textContent = amountText(value ?? null, unit);
  });
}

function describe(plotted: HTMLElement, live: Live, props: ChartProps, time: ChartTime): void {
  const now = performance.now();
  if (now - live.describedAt < SUMMARY_EVERY_MS) return;
  live.describedAt = now;
  plotted.setAttribute('aria-label', summaryOf(props.title, props.lines, live.data, props.unit, time.isShared ? page.store.restarts.value : []));
}

function usePlot(props: ChartProps, time: ChartTime, height: number) {
  const figure = useRef<HTMLElement>(null);
  const target = useRef<HTMLDivElement>(null);
  const live = useRef<Live>({ plot: null, data: EMPTY, describedAt: -Infinity });
  const [fault, setFault] = useState('');
  useEffect(() => {
    const element = target.current;
    const root = figure.current;
    if (!element || !root) return undefined;
    let cursor: number | null = null;
    const draw = () => {
      live.current.plot ??= makePlot(element, { ...props, time, height, onCursor: (index) => {
        cursor = index;
        showNumbers(root, live.current, props.unit, cursor);
      } });
      const drawn = refreshPlot(live.current.plot, props.lines, time);
      live.current.data = drawn.data;
      setFault(drawn.fault);
      showNumbers(root, live.current, props.unit, cursor);
      describe(element, live.current, props, time);
    };
    const remove = page.frames.add({ element, draw });
    const resized = new ResizeObserver(() => live.current.plot?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const stopWatching = time.isShared ? () => {} : time.version.subscribe(() => page.frames.invalidate(element));
    const wheel = (event: WheelEvent) => time.isShared && live.current.plot && handleWheel(event, live.current.plot);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      remove();
      stopWatching();
      resized.disconnect();
      element.removeEventListener('wheel', wheel);
      live.current.plot?.destroy();
      live.current.plot = null;
    };
  }, [props.lines, props.unit, time, height, palette.value]);
  return { figure, target, live, fault };
}

const swatchOf = (color: number) => (color === TEXT_COLOR ? 'text' : String(color % SERIES_COLORS));

function Legend({ lines, colors }: { lines: readonly Line[]; colors: readonly number[] | undefined }) {
  return (
    <ul class="legend">
      {lines.map((line, i) => (
        <li key={i}>
          <span class={`swatch swatch-${swatchOf(colors?.[i] ?? i)}`} aria-hidden="true" />
          <span class="legend-label">{line.label}</span>
          <span class="legend-value number" />
        </li>
      ))}
    </ul>
  );
}

export function TimeChart(props: ChartProps) {
  const { title, source, unit, lines, time = PAGE_TIME, height = 160 } = props;
  const { figure, target, live, fault } = usePlot(props, time, height);
  const [tableShown, showTable] = useState(false);
  const heading = useId();
  const legend = useMemo(() => <Legend lines={lines} colors={props.colors} />, [lines, props.colors]);
  return (
    <figure class="chart" ref={figure} aria-labelledby={heading}>
      <figcaption>
        <h3 id={heading} title={source}>{title}</h3>
        <div class="chart-actions">
          {props.actions}
          <button type="button" aria-pressed={tableShown} onClick={() => showTable(!tableShown)} aria-label={`Table of ${title}`}>Table</button>
          <button type="button" onClick={() => saveCsv(title, lines, live.current.data)} aria-label={`Save ${title} as CSV`}>CSV</button>
          <button type="button" onClick={() => live.current.plot && savePng(title, live.current.plot.ctx.canvas, palette.value.ground)} aria-label={`Save ${title} as PNG`}>PNG</button>
        </div>
      </figcaption>
      {legend}
      <div class="plot" ref={target} role="img" aria-label={title} tabIndex={0} {...(time.isShared ? { onKeyDown: handleKey } : {})} data-height={height} />
      {fault && <p class="note fault" role="status">The past is not shown: {readable(fault)}.</p>}
      {props.note && <p class="note">{props.note}</p>}
      {tableShown && <ChartTable title={title} lines={lines} time={time} unit={unit} />}
    </figure>
  );
}
