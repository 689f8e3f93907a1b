import { readable } from '../format/readable';
import { useMemo } from 'preact/hooks';
import { Bar } from '../charts/bar';
import { Sparkline } from '../charts/sparkline';
import { slotsOf } from '../charts/view_window';
import { latest } from '../data/derive';
import { amount, amountText } from '../format/numbers';
import type { Line } from '../model/lines';
import type { Roles } from '../model/roles';
import { tilesOf, type Tile } from '../model/tiles';
import { page } from '../page';

function lastValue(line: Line): number | null {
  const [, to] = slotsOf(page.store.timeline);
  return to > page.store.timeline.begin ? latest(line.points(to - 1, to)) : null;
}

function Figure({ value, unit }: { value: number | null; unit: string }) {
  const shown = amount(value, unit);
  return <span class="figure number">{shown.number}<span class="figure-unit">{shown.unit}</span></span>;
}

/** The used share of a limit. */
function Limit({ tile, value }: { tile: Tile; value: number | null }) {
  // A limit may arrive later than the figure, and may change.
  const limit = tile.limit?.now();
  if (!tile.limit || !limit || value === null) return null;
  const share = value / limit;
  return (
    <p class="tile-limit">
      <Bar share={share} />
      <span class="number"><span class="hidden">{amountText(share, 'ratio')} </span>of {amountText(limit, tile.limit.unit)}</span>
    </p>
  );
}

function TileCard({ tile }: { tile: Tile }) {
  void page.store.version.value;
  const found = tile.lines.map(lastValue);
  return (
    <li class="tile" title={readable(tile.source)}>
      <h3>{tile.title}</h3>
      <p class={`figures figures-${found.length}`}>{found.map((value, i) => <Figure key={i} value={value} unit={tile.unit} />)}</p>
      <Limit tile={tile} value={found[0] ?? null} />
      <Sparkline lines={tile.lines} />
    </li>
  );
}

export function Tiles({ roles }: { roles: Roles }) {
  const tiles = useMemo(() => tilesOf(page.store, roles), [roles]);
  return <section aria-label="Vital signs"><ul class="tiles">{tiles.map((tile) => <TileCard key={tile.title} tile={tile} />)}</ul></section>;
}
