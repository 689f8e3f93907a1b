// uPlot with common settings: time below, few quiet lines, zoom and cursor shared by all charts.

import uPlot from 'uplot';
import { axisTexts, EARLIEST_MOMENT, clockText, dayText, distinct, isMoment } from '../format/numbers';
import type { Line } from '../model/lines';
import { page } from '../page';
import type { ChartTime } from './chart_time';
import { logSplits } from './log_axis';
import { palette, seriesColor } from './palette';
import { goLive, pan, show, span, windowOf, zoom } from './view_window';

export interface PlotOptions {
  readonly lines: readonly Line[];
  readonly time: ChartTime;
  readonly unit: string;
  readonly height: number;
  /** The axis reaches at least to here. */
  readonly atLeast?: number | undefined;
  readonly logarithmic?: boolean;
  /** The axis' range, if it differs from the lines'. */
  readonly range?: uPlot.Range.Function;
  readonly hooks?: uPlot.Hooks.Arrays;
  readonly onCursor?: (index: number | null) => void;
  /** Which colour each line has; by default one after the other. */
  readonly colors?: readonly number[] | undefined;
}

const SYNC_KEY = 'kymo';
const AXIS_FONT = '11px system-ui, sans-serif';
const AXIS_WIDTH = 62;
const LEAST_SELECTION = 6;
const WIDE = 700;

/** Half of the width of a time of day, less what may stand over the chart's edge. */
const HALF_A_MOMENT = 18;

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172_800, 345_600, 604_800];
const DAY = 86_400;

/** The day at each midnight, and alone where days are all that differs. */
function momentText(moment: number, step: number): string {
  const clock = clockText(moment);
  if (step >= DAY || (step >= 600 && clock.startsWith('00:00'))) return dayText(moment);
  return step % 60 === 0 ? clock.slice(0, 5) : clock;
}

function timeAxis(): uPlot.Axis {
  return {
    stroke: () => palette.value.quiet,
    font: AXIS_FONT,
    grid: { show: false },
    ticks: { stroke: () => palette.value.grid, width: 1, size: 4 },
    size: 26,
    space: (self: uPlot) => (self.width > WIDE ? 96 : 64),
    incrs: TIME_STEPS,
    values: (self, moments) => {
      const step = (moments[1] ?? 0) - (moments[0] ?? 0) || 1;
      const last = self.bbox.width / (window.devicePixelRatio || 1) - HALF_A_MOMENT;
      return distinct(moments.map((moment) => {
        if (self.valToPos(moment, 'x') > last) return '';
        return momentText(moment, step);
      }));
    },
  };
}

/** 1, 2, 4 … bytes, so that labels in KiB and MiB are round. */
const BINARY_STEPS = Array.from({ length: 50 }, (_, i) => 2 ** i);

function valueAxis(unit: string, logarithmic: boolean): uPlot.Axis {
  return {
    stroke: () => palette.value.quiet,
    font: AXIS_FONT,
    grid: { stroke: () => palette.value.grid, width: 1, ...(logarithmic ? { filter: (_: uPlot, splits: number[]) => splits } : {}) },
    ticks: { show: false },
    size: AXIS_WIDTH,
    gap: 6,
    space: 34,
    values: (_, splits) => axisTexts(splits, unit),
    ...(logarithmic ? { splits: (_: uPlot, __: number, least: number, most: number) => logSplits(least, most), filter: (_: uPlot, splits: number[]) => splits } : {}),
    ...(unit.startsWith('bytes') ? { incrs: BINARY_STEPS } : {}),
    ...(isMoment(unit) ? { incrs: TIME_STEPS } : {}),
  };
}

const MOMENTS_AROUND = 60;

/** From 0 or the least value below it, to somewhat above the highest. Moments are far from 0. */
function linearRange(atLeast: number, unit: string): uPlot.Range.Function {
  return (_, least, most) => {
    if (isMoment(unit) && least > EARLIEST_MOMENT) return [least - MOMENTS_AROUND, most + MOMENTS_AROUND];
    const low = Math.min(least ?? 0, 0);
    const high = Math.max(most ?? 0, atLeast);
    if (high <= low) return [low, low + 1];
    return [low < 0 ? low * 1.05 : 0, high > 0 ? high * 1.08 : 0];
  };
}

/** Values without a neighbour, which a line cannot show. */
function lone(self: uPlot, at: number): number[] | null {
  const values = self.data[at] ?? [];
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  return found.length > 0 ? found : null;
}

function series(line: Line, color: number, isOnly: boolean): uPlot.Series {
  return {
    label: line.label,
    stroke: () => seriesColor(color),
    width: 1.5,
    points: { show: false, filter: lone, size: 3, width: 0, fill: () => seriesColor(color) },
    ...(isOnly ? { fill: () => `${seriesColor(color)}1f` } : {}),
  };
}

function cursor(isShared: boolean, onCursor?: (index: number | null) => void): uPlot.Cursor {
  return {
    y: false,
    points: { size: 6, width: 1.5 },
    drag: { x: isShared, y: false, setScale: false },
    bind: { dblclick: () => () => { if (isShared) goLive(); return null; } },
    ...(isShared ? { sync: { key: SYNC_KEY, setSeries: false } } : {}),
    ...(onCursor ? { dataIdx: (self, seriesIndex, closest) => { if (seriesIndex === 0) onCursor((self.cursor.left ?? -1) < 0 ? null : closest); return closest; } } : {}),
  };
}

function selected(plot: uPlot): void {
  const { left, width } = plot.select;
  if (width < LEAST_SELECTION) return;
  show(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

export function makePlot(target: HTMLElement, options: PlotOptions): uPlot {
  const { lines, time, unit, height, atLeast = 0, logarithmic = false, range, hooks = {}, onCursor, colors } = options;
  return new uPlot({
    width: Math.max(target.clientWidth, 80),
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: cursor(time.isShared, onCursor),
    scales: {
      x: { time: true, auto: false },
      y: logarithmic ? { distr: 3, log: 10, ...(range ? { range } : {}) } : { range: range ?? linearRange(atLeast, unit) },
    },
    axes: [timeAxis(), valueAxis(unit, logarithmic)],
    series: [{}, ...lines.map((line, i) => series(line, colors?.[i] ?? i, lines.length === 1 && !logarithmic))],
    hooks: time.isShared ? { ...hooks, setSelect: [selected], draw: [drawRestarts] } : hooks,
  }, [[], ...lines.map(() => [])] as uPlot.AlignedData, target);
}

/** No line leads to infinity. */
const drawable = (value: number | null | undefined) => (Number.isFinite(value) ? value : null);

const MARK_DASHES = [3, 3];
const MARK_GAP = 4;

/** A dashed line at each restart of the server. */
function drawRestarts(plot: uPlot): void {
  const { ctx, bbox } = plot;
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  ctx.strokeStyle = palette.value.quiet;
  ctx.fillStyle = palette.value.quiet;
  ctx.lineWidth = ratio;
  ctx.setLineDash(MARK_DASHES.map((dash) => dash * ratio));
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  for (const time of page.store.restarts.value) {
    if (time < (min ?? 0) || time > (max ?? 0)) continue;
    const x = Math.round(plot.valToPos(time, 'x', true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isNearEnd = x > bbox.left + bbox.width * 0.75;
    ctx.textAlign = isNearEnd ? 'right' : 'left';
    ctx.fillText('restarted', isNearEnd ? x - MARK_GAP * ratio : x + MARK_GAP * ratio, bbox.top);
  }
  ctx.restore();
}

/** Draws the shown range; returns the values, for tables and files. */
export function refreshPlot(plot: uPlot, lines: readonly Line[], time: ChartTime): { data: uPlot.AlignedData; fault: string } {
  const { times, points, fault } = time.columns(lines);
  const data = [times, ...points] as uPlot.AlignedData;
  const [begin, end] = time.window();
  plot.batch(() => {
    plot.setData(data.map((column, i) => (i === 0 ? column : Array.from(column, drawable))) as uPlot.AlignedData, false);
    if (Number.isFinite(begin)) plot.setScale('x', { min: begin, max: end });
  });
  return { data, fault };
}

/** An arrow moves by this share of what is shown. */
const ARROW_SHARE = 1 / 30;

const KEYS: Record<string, () => void> = {
  ArrowLeft: () => pan(page.store.timeline, -span.value * ARROW_SHARE),
  ArrowRight: () => pan(page.store.timeline, span.value * ARROW_SHARE),
  '+': () => zoom(page.store.timeline, 0.5),
  '-': () => zoom(page.store.timeline, 2),
  End: goLive,
};

/** Arrows pan, + and - zoom, End is live again. True where the key was one of them. */
export function handleKey(event: KeyboardEvent): boolean {
  const action = KEYS[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return false;
  action();
  event.preventDefault();
  return true;
}

/** Shift and wheel pan, Ctrl and wheel zoom; a wheel alone scrolls the page. */
export function handleWheel(event: WheelEvent, plot: uPlot): void {
  if (!event.ctrlKey && !event.shiftKey) return;
  event.preventDefault();
  const { timeline } = page.store;
  const [from, to] = windowOf(timeline);
  const amount = event.deltaY || event.deltaX;
  if (event.shiftKey) return pan(timeline, (amount / 1000) * (to - from));
  const left = event.clientX - plot.over.getBoundingClientRect().left;
  zoom(timeline, amount > 0 ? 1.25 : 0.8, plot.posToVal(left, 'x'));
}
