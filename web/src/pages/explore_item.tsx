// A series in the list of all: its name, its number, its shape. Drawn by the frame loop, not rendered anew: there may be thousands.

import { readable } from '../format/readable';
import { useEffect, useRef } from 'preact/hooks';
import { drawSparkline } from '../charts/sparkline';
import { latest } from '../data/derive';
import { labelText, type Series } from '../data/series';
import { amountText } from '../format/numbers';
import { seriesLine, unitOf, type View } from '../model/lines';
import { page } from '../page';
import { PinButton } from './pin_button';

interface ExploreItemProps {
  readonly series: Series;
  readonly view: View;
  readonly isOpen: boolean;
  readonly onToggle: (key: string) => void;
}

export function ExploreItem({ series, view, isOpen, onToggle }: ExploreItemProps) {
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const element = item.current;
    const canvas = element?.querySelector('canvas');
    const number = element?.querySelector('.item-value');
    if (!element || !canvas || !number) return undefined;
    const lines = [seriesLine(page.store, series, view, '')];
    const draw = () => {
      const [points = []] = drawSparkline(canvas, lines);
      number.textContent = amountText(latest(points), unitOf(series.family, view));
    };
    return page.frames.add({ element, draw });
  }, [series, view]);
  const labels = labelText(series.labels);
  return (
    <li class="explore-item" ref={item} title={readable(series.family.help)}>
      <button type="button" class="item-open" aria-expanded={isOpen} onClick={() => onToggle(series.key)}>
        <span class="item-name">{readable(series.family.name)}</span>
        <span class="item-labels">{labels || '\u00a0'}</span>
      </button>
      <span class="item-value number" />
      <span class="item-view">{view}</span>
      <canvas class="sparkline" aria-hidden="true" />
      <PinButton pin={{ key: series.key, view }} />
    </li>
  );
}
