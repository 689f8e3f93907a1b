// One family: a line for each of its series, or its percentiles.

import { readable } from '../format/readable';
import { useMemo } from 'preact/hooks';
import { TimeChart } from '../charts/time_chart';

import type { Family } from '../data/series';
import { familyLine, seriesLines, unitOf, viewsOf, type Line, type View } from '../model/lines';
import { titleOf } from '../model/roles';
import { page } from '../page';
import { linkTo } from '../routing';

const MOST_LINES = 8;
const PERCENTILES: readonly View[] = ['p50', 'p95', 'p99'];

function percentileLines(family: Family): Line[] {
  return PERCENTILES.map((view) => familyLine(page.store, family, view, view));
}

function linesOf(family: Family): { lines: Line[]; unit: string } {
  const view = viewsOf(family)[0] ?? 'raw';
  if (family.kind === 'histogram' || family.kind === 'window') return { lines: percentileLines(family), unit: family.unit };
  return { lines: seriesLines(page.store, family, view, MOST_LINES), unit: unitOf(family, view) };
}

export function FamilyChart({ family, height = 130 }: { family: Family; height?: number }) {
  void page.store.structure.value;
  const keys = family.series.filter((series) => series.alive).map(({ key }) => key);
  const alive = keys.length;
  // Others may have replaced as many.
  const { lines, unit } = useMemo(() => linesOf(family), [family, keys.join('\n')]);
  const hidden = family.kind === 'histogram' || family.kind === 'window' ? 0 : alive - lines.length;
  return (
    <TimeChart
      title={titleOf(family)}
      source={readable(`${family.name}: ${family.help}`)}
      unit={unit}
      lines={lines}
      height={height}
      actions={<a class="action" href={linkTo('explore', { q: family.name })} aria-label={`Explore ${titleOf(family)}`}>Explore</a>}
      note={hidden > 0 ? `${hidden} more series: see Explore.` : undefined}
    />
  );
}

