// One series as a chart of its own, in one of its views.

import { readable } from '../format/readable';
import { useMemo } from 'preact/hooks';
import { TimeChart } from '../charts/time_chart';
import type { Series } from '../data/series';
import { labelText } from '../data/series';
import { seriesLine, unitOf, type View } from '../model/lines';
import { page } from '../page';
import { PinButton } from './pin_button';

export interface SeriesChartProps {
  readonly series: Series;
  readonly view: View;
  readonly height?: number;
  readonly actions?: preact.ComponentChildren;
}

export function SeriesChart({ series, view, height = 160, actions }: SeriesChartProps) {
  const lines = useMemo(() => [seriesLine(page.store, series, view, labelText(series.labels) || view)], [series, view]);
  return (
    <TimeChart
      title={readable(`${series.family.name} · ${view}`)}
      source={readable(`${series.key}: ${series.family.help}`)}
      unit={unitOf(series.family, view)}
      lines={lines}
      height={height}
      actions={<><PinButton pin={{ key: series.key, view }} />{actions}</>}
    />
  );
}
