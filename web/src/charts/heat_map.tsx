// A histogram over time: each column the values of one moment, darker where more of them fell, with percentiles above.

import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { BucketSum, bucketEdges, ZERO_BUCKET } from '../data/buckets';
import { quantiles, summands, type Points } from '../data/derive';
import type { Family, Series } from '../data/series';
import type { Line, View } from '../model/lines';
import { growthPast, pastOf, QUANTILE_SECONDS } from '../model/promql';
import { page } from '../page';
import { lookbackOf, pastGrid } from './chart_time';
import { palette, TEXT_COLOR } from './palette';
import { TimeChart } from './time_chart';
import { slotsOf, windowOf } from './view_window';

const COLUMN_PIXELS = 6;
const VIEWS: readonly View[] = ['p50', 'p95', 'p99'];
const QS = [0.5, 0.95, 0.99];
const COLORS = [TEXT_COLOR, 1, 4];

/** Buckets that grew in a stretch of time. */
interface Column {
  readonly from: number;
  readonly to: number;
  readonly sum: BucketSum;
}

/** The columns of the history, and when they end. */
function pastColumns(series: readonly Series[], seconds: number): { columns: Column[]; end: number } {
  const grid = pastGrid(seconds);
  const query = grid && growthPast(series)({ step: seconds, tick: page.store.timeline.tickSeconds });
  if (!query) return { columns: [], end: -Infinity };
  const { first, values } = page.pastCells.read(query, grid, lookbackOf(grid));
  const columns = values.flatMap((grown, i): Column[] => {
    const to = (first + i) * seconds;
    if (!grown || first + i < grid.first || first + i > grid.last) return [];
    const sum = new BucketSum();
    sum.add(grown);
    return [{ from: to - seconds, to, sum }];
  });
  return { columns, end: values.length > 0 ? Math.min(grid.last, first + values.length - 1) * seconds : -Infinity };
}

/** Stretches of equal length that begin at whole multiples of it, so that columns do not flicker as time goes on. */
function columnsOf(series: readonly Series[], seconds: number): Column[] {
  const { timeline } = page.store;
  const [first, last] = slotsOf(timeline);
  const { columns, end } = pastColumns(series, seconds);
  for (let at = Math.max(first, timeline.lowerBound(end + 0.0005)); at < last; at++) {
    const begin = Math.floor((timeline.times[at] ?? 0) / seconds) * seconds;
    let column = columns[columns.length - 1];
    if (!column || column.from !== begin) {
      column = { from: begin, to: begin + seconds, sum: new BucketSum() };
      columns.push(column);
    }
    for (const one of series) {
      const grown = one.buckets?.growths[at];
      if (grown) column.sum.add(grown);
    }
  }
  return columns;
}

function mostOf(columns: readonly Column[]): number {
  let most = 1;
  for (const { sum } of columns) for (const count of sum.counts.values()) most = Math.max(most, count);
  return most;
}

/** Counts differ by orders of magnitude: their logarithm chooses the colour. */
function heatColor(count: number, most: number): string {
  const { heat } = palette.value;
  const share = most > 1 ? Math.log1p(count) / Math.log1p(most) : 1;
  return heat[Math.min(heat.length - 1, Math.floor(share * heat.length))] ?? '';
}

/** What the plot's width shows apart. */
function shownColumns(plot: uPlot, series: readonly Series[]): Column[] {
  const [begin, end] = windowOf(page.store.timeline);
  if (!Number.isFinite(begin)) return [];
  const pixels = (plot.bbox?.width || plot.width) / (window.devicePixelRatio || 1);
  return columnsOf(series, Math.max(1, Math.ceil(((end - begin) * COLUMN_PIXELS) / Math.max(pixels, 1))));
}

function drawHeat(plot: uPlot, series: readonly Series[]): void {
  const columns = shownColumns(plot, series);
  const most = mostOf(columns);
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const column of columns) drawColumn(plot, column, most);
  ctx.restore();
}

function drawColumn(plot: uPlot, column: Column, most: number): void {
  const left = Math.round(plot.valToPos(column.from, 'x', true));
  const right = Math.round(plot.valToPos(column.to, 'x', true));
  for (const [index, count] of column.sum.counts) {
    const [lower, upper] = edgesOnScale(plot, index);
    if (upper <= lower) continue;
    const top = Math.round(plot.valToPos(upper, 'y', true));
    const bottom = Math.round(plot.valToPos(lower, 'y', true));
    plot.ctx.fillStyle = heatColor(count, most);
    plot.ctx.fillRect(left, top, Math.max(right - left, 1), Math.max(bottom - top, 1));
  }
}

/** A logarithmic axis has no place for 0: the bucket of zeros is not drawn. */
function edgesOnScale(plot: uPlot, index: number): [number, number] {
  const { min = 1e-9, max = 1 } = plot.scales.y ?? {};
  const [lower, upper] = bucketEdges(index);
  return [Math.max(lower, min ?? lower), Math.min(upper, max ?? upper)];
}

/** Values below zero have no place on a logarithmic axis either: their chart has a plain one. */
const isSigned = (series: readonly Series[]): boolean => series.some((one) => (one.buckets?.least ?? 0) < 0);

/** From the least to the highest bucket that holds anything in sight. */
function rangeOf(plot: uPlot, series: readonly Series[]): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const { sum } of shownColumns(plot, series)) {
    for (const index of sum.counts.keys()) {
      if (index === ZERO_BUCKET) continue;
      const [lower, upper] = bucketEdges(index);
      least = Math.min(least, lower);
      most = Math.max(most, upper);
    }
  }
  if (least > most) return [1e-4, 1];
  return isSigned(series) ? [least, most] : [least / 1.2, most * 1.2];
}

/** All percentiles of a moment come from one walk. */
function quantileLines(series: readonly Series[]): Line[] {
  let key = '';
  let found: Points[] = [];
  const points = (index: number) => (from: number, to: number) => {
    const asked = `${page.store.version.value} ${from} ${to}`;
    if (asked !== key) found = quantiles(page.store.timeline, series, QS, QUANTILE_SECONDS, from, to);
    key = asked;
    return found[index] ?? [];
  };
  return VIEWS.map((view, i) => ({ label: view, points: points(i), past: pastOf(series, view) }));
}

export function HeatMap({ title, family, height = 240 }: { title: string; family: Family; height?: number }) {
  void page.store.structure.value;
  const keys = summands(family).map(({ key }) => key).join('\n');
  const signed = useComputed(() => (void page.store.version.value, isSigned(summands(family)))).value;
  const parts = useMemo(() => {
    const series = summands(family);
    return { lines: quantileLines(series), hooks: { drawAxes: [(plot: uPlot) => drawHeat(plot, series)] }, range: (plot: uPlot) => rangeOf(plot, series) };
  }, [family, keys, signed]);
  return (
    <TimeChart
      title={title}
      source={family.name}
      unit={family.unit}
      lines={parts.lines}
      hooks={parts.hooks}
      range={parts.range}
      height={height}
      logarithmic={!signed}
      colors={COLORS}
      note={`Cells: how many fell there; the stronger the colour, the more. Lines: percentiles of ${QUANTILE_SECONDS} s, from ${family.name}.`}
    />
  );
}
