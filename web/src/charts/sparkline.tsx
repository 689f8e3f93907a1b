// A line without axes: the shape of the last minutes beside a number.

import { useEffect, useRef } from 'preact/hooks';
import type { Points } from '../data/derive';
import type { Line } from '../model/lines';
import { page } from '../page';
import { PAGE_TIME, type ChartTime } from './chart_time';
import { palette, seriesColor } from './palette';

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

const MARGIN = 2;

function extremes(several: readonly Points[]): [least: number, most: number] {
  let least = 0;
  let most = -Infinity;
  for (const points of several) {
    for (const value of points) {
      if (value === null || !Number.isFinite(value)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return most > least ? [least, most] : [least, least + 1];
}

/** One stroke for each unbroken part; with the part's first and last x. */
function strokes(points: Points, shape: Shape): Array<{ path: Path2D; first: number; last: number }> {
  const parts: Array<{ path: Path2D; first: number; last: number }> = [];
  let open = false;
  points.forEach((value, at) => {
    if (value === null || !Number.isFinite(value)) {
      open = false;
      return;
    }
    const x = shape.x(at);
    const y = shape.y(value);
    if (!open) parts.push({ path: new Path2D(), first: x, last: x });
    const part = parts[parts.length - 1];
    if (!part) return;
    if (open) part.path.lineTo(x, y);
    else {
      // A value without neighbours is a dot.
      part.path.moveTo(x, y);
      part.path.lineTo(x + 0.1, y);
    }
    part.last = x;
    open = true;
  });
  return parts;
}

function drawLine(context: CanvasRenderingContext2D, points: Points, shape: Shape, color: string, fill: boolean): void {
  context.strokeStyle = color;
  context.fillStyle = color;
  for (const { path, first, last } of strokes(points, shape)) {
    context.globalAlpha = 1;
    context.stroke(path);
    if (!fill) continue;
    context.globalAlpha = 0.12;
    path.lineTo(last, shape.height);
    path.lineTo(first, shape.height);
    context.fill(path);
  }
}

/** Restarts of the server. */
function drawRestarts(context: CanvasRenderingContext2D, begin: number, end: number, width: number, height: number): void {
  context.fillStyle = palette.value.quiet;
  for (const moment of page.store.restarts.value) {
    const x = Math.round(((moment - begin) / (end - begin)) * width);
    for (let y = 0; x >= 0 && x <= width && y < height; y += 4) context.fillRect(x, y, 1, 2);
  }
}

/** Makes the canvas as sharp as the screen, and empty. */
export function prepare(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

export function drawSparkline(canvas: HTMLCanvasElement, lines: readonly Line[], time: ChartTime = PAGE_TIME): readonly Points[] {
  const { times, points } = time.columns(lines);
  const context = prepare(canvas);
  if (!context || times.length === 0) return points;
  const [begin, end] = time.window();
  const [least, most] = extremes(points);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const shape: Shape = {
    width,
    height,
    x: (at) => (((times[at] ?? 0) - begin) / (end - begin)) * width,
    y: (value) => height - MARGIN - ((value - least) / (most - least)) * (height - 2 * MARGIN),
  };
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.lineCap = 'round';
  if (time.isShared) drawRestarts(context, begin, end, width, height);
  points.forEach((line, i) => drawLine(context, line, shape, seriesColor(i), points.length === 1));
  return points;
}

export function Sparkline({ lines, time = PAGE_TIME }: { lines: readonly Line[]; time?: ChartTime }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const current = useRef(lines);
  current.current = lines;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const remove = page.frames.add({ element, draw: () => void drawSparkline(element, current.current, time) });
    const stopWatching = time.isShared ? () => {} : time.version.subscribe(() => page.frames.invalidate(element));
    return () => {
      remove();
      stopWatching();
    };
  }, [time]);
  return <canvas class="sparkline" ref={canvas} aria-hidden="true" />;
}
