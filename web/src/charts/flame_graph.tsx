// A flame graph: each box is a function below its caller, as wide as its time. By mouse and by keys.

import { readable } from '../format/readable';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { amountText } from '../format/numbers';
import { boxAt, colorOf, layoutFlame, neighbour, nodeAt, pathOf, type Direction, type FlameLayout, type FlameNode, type FlameTree, type Found } from '../model/flame';
import { page } from '../page';
import { FLAME_COLORS, palette } from './palette';
import { prepare } from './sparkline';

const ROW = 20;
const MICRO = 1e-6;
const TEXT_FROM = 28;
const LETTER = 6.4;
const FONT = '12px system-ui, sans-serif';

export interface FlameProps {
  readonly tree: FlameTree;
  /** The path of the function that fills the width. */
  readonly zoom: string;
  readonly found: Found;
  readonly onZoom: (path: string) => void;
}

export function timeText(micros: number): string {
  return amountText(micros * MICRO, 'seconds');
}

export function shareText(part: number, whole: number): string {
  return amountText(whole > 0 ? part / whole : null, 'ratio');
}

function words(node: FlameNode, root: FlameNode): string {
  const calls = node.parent?.parent ? `, called by ${readable(node.parent.name)}` : '';
  return `${readable(node.name)}${calls}: ${timeText(node.total)}, ${shareText(node.total, root.total)} of all; by itself ${timeText(node.self)}`;
}

interface Picture {
  readonly layout: FlameLayout;
  readonly found: Found;
  readonly selected: FlameNode | null;
}

function colorsOf(node: FlameNode, { found }: Picture): { fill: string; text: string } {
  const { flame, raised, text, quiet, accent, ground } = palette.value;
  if (found.nodes.has(node)) return { fill: accent, text: ground };
  if (found.nodes.size > 0 || node.depth <= 1) return { fill: raised, text: node.depth <= 1 ? text : quiet };
  return { fill: flame[colorOf(node.name, FLAME_COLORS)] ?? raised, text };
}

function cutText(stack: string, width: number): string {
  const name = readable(stack);
  const room = Math.floor(width / LETTER);
  return name.length > room ? `${name.slice(0, Math.max(room - 1, 1))}…` : name;
}

function drawFlame(canvas: HTMLCanvasElement, picture: Picture): void {
  const context = prepare(canvas);
  if (!context) return;
  context.font = FONT;
  context.textBaseline = 'middle';
  picture.layout.rows.forEach((boxes, row) => {
    for (const { node, x, width } of boxes) {
      const { fill, text } = colorsOf(node, picture);
      context.fillStyle = fill;
      context.fillRect(x, row * ROW, Math.max(width - 0.5, 0.5), ROW - 1);
      if (width >= TEXT_FROM) {
        context.fillStyle = text;
        context.fillText(cutText(node.name, width - 8), x + 4, row * ROW + ROW / 2, width - 8);
      }
      if (node === picture.selected) {
        context.strokeStyle = palette.value.text;
        context.lineWidth = 2;
        context.strokeRect(x + 1, row * ROW + 1, Math.max(width - 2.5, 1), ROW - 3);
      }
    }
  });
}

const DIRECTIONS: Readonly<Record<string, Direction>> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };

interface Hover {
  readonly node: FlameNode;
  readonly x: number;
  readonly y: number;
}

/** As wide as its place is. */
function useWidth() {
  const target = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = target.current;
    if (!element) return undefined;
    const resized = new ResizeObserver(() => setWidth(element.clientWidth));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  return { target, width };
}

/** Stays on the side of the pointer where there is room. */
function Tip({ hover, root, width }: { hover: Hover; root: FlameNode; width: number }) {
  const isRight = hover.x > width / 2;
  const place = isRight ? { right: `${width - hover.x + 12}px`, top: `${hover.y + 16}px` } : { left: `${hover.x + 12}px`, top: `${hover.y + 16}px` };
  return (
    <div class="flame-tip" aria-hidden="true" style={place}>
      <b>{readable(hover.node.name)}</b>
      <span class="number">{timeText(hover.node.total)}, {shareText(hover.node.total, root.total)} of all</span>
      <span class="number quiet">by itself {timeText(hover.node.self)}</span>
    </div>
  );
}

export function FlameGraph({ tree, zoom, found, onZoom }: FlameProps) {
  const { target, width } = useWidth();
  const [hover, setHover] = useState<Hover | null>(null);
  const [selectedPath, select] = useState<string | null>(null);
  const zoomed = nodeAt(tree.root, zoom);
  const layout = useMemo(() => layoutFlame(zoomed, width), [zoomed, width]);
  const selected = selectedPath === null ? null : nodeAt(tree.root, selectedPath);
  const picture = useRef<Picture>({ layout, found, selected });
  picture.current = { layout, found, selected };
  useEffect(() => {
    const element = target.current;
    return element ? page.frames.add({ element, draw: () => drawFlame(element, picture.current) }) : undefined;
  }, []);
  useEffect(() => { if (target.current) page.frames.invalidate(target.current); }, [layout, found, selected, palette.value]);

  const boxUnder = (event: MouseEvent) => boxAt(layout, Math.floor(event.offsetY / ROW), event.offsetX);
  const zoomTo = (node: FlameNode) => {
    setHover(null);
    onZoom(pathOf(node));
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = DIRECTIONS[event.key];
    const at = selected ?? zoomed;
    if (direction) select(pathOf(selected ? neighbour(layout, at, direction) : at));
    else if (event.key === 'Enter' || event.key === ' ') zoomTo(at);
    else if (event.key === 'Escape' || event.key === 'Backspace') zoomTo(zoomed.parent ?? zoomed);
    else if (event.key === 'Home') zoomTo(tree.root);
    else return;
    event.preventDefault();
  };
  return (
    <div class="flame">
      <canvas ref={target} tabIndex={0} role="img" style={{ height: `${Math.max(layout.rows.length, 1) * ROW}px` }}
        aria-label={`Flame graph of ${timeText(tree.root.total)}. Arrow keys go from box to box, Enter zooms to one, Escape zooms out, Home shows all.`}
        onKeyDown={key} onMouseLeave={() => setHover(null)}
        onMouseMove={(event) => {
          const box = boxUnder(event);
          setHover(box && { node: box.node, x: event.offsetX, y: event.offsetY });
        }}
        onClick={(event) => {
          const box = boxUnder(event);
          if (!box) return;
          select(pathOf(box.node));
          zoomTo(box.node);
        }} />
      {hover && <Tip hover={hover} root={tree.root} width={width} />}
      {layout.isCut && <p class="note">There are deeper calls than are drawn: zoom to see them.</p>}
      <p class="flame-words number" role="status">{selected && selected !== tree.root ? words(selected, tree.root) : ''}</p>
    </div>
  );
}
