// Hourly scores as bars over a day: the average and the range. An hour without scores is a gap.

import { useState } from 'preact/hooks';
import { clockText, scoreText } from '../format/numbers';
import type { Hour } from '../model/peers';

const HOURS = 24;
const HOUR_SECONDS = 3600;
const WIDTH = 24;
const HEIGHT = 100;
const MOST = 100;

const hourText = (unixSeconds: number) => clockText(unixSeconds).slice(0, 5);
const levelOf = (score: number) => (score >= 70 ? 'well' : score >= 30 ? 'degraded' : 'unwell');
const y = (score: number) => HEIGHT - (Math.min(MOST, Math.max(0, score)) / MOST) * HEIGHT;

function Bar({ hour, at }: { hour: Hour; at: number }) {
  const left = at * WIDTH;
  return (
    <g class={`hour hour-${levelOf(hour.average)}`}>
      <rect x={left + 3} width={WIDTH - 6} y={y(hour.average)} height={HEIGHT - y(hour.average)} />
      <path d={`M${left + WIDTH / 2} ${y(hour.most)}V${y(hour.least)}`} />
      <title>{`${hourText(hour.begin)}: ${scoreText(hour.average)} on average, ${scoreText(hour.least)} to ${scoreText(hour.most)}`}</title>
    </g>
  );
}

function Table({ title, hours }: { title: string; hours: readonly Hour[] }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={`Table of ${title}`}>
      <table>
        <thead><tr>{['Hour from', 'Average', 'Least', 'Most', 'Scores'].map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {hours.map((hour) => (
            <tr key={hour.begin}>
              <th scope="row">{hourText(hour.begin)}</th>
              {[hour.average, hour.least, hour.most, hour.count].map((value, i) => <td key={i} class="number">{scoreText(value)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function HourBars({ title, hours }: { title: string; hours: readonly Hour[] }) {
  const [isTableShown, showTable] = useState(false);
  const last = hours[hours.length - 1]?.begin ?? 0;
  const first = last - (HOURS - 1) * HOUR_SECONDS;
  const slotOf = (hour: Hour) => Math.round((hour.begin - first) / HOUR_SECONDS);
  const known = hours.filter((hour) => slotOf(hour) >= 0);
  const least = Math.min(...known.map((hour) => hour.average));
  const most = Math.max(...known.map((hour) => hour.average));
  return (
    <figure class="chart hours">
      <figcaption>
        <h3>{title}</h3>
        <div class="chart-actions"><button type="button" aria-pressed={isTableShown} aria-label={`Table of ${title}`} onClick={() => showTable(!isTableShown)}>Table</button></div>
      </figcaption>
      <svg viewBox={`0 0 ${HOURS * WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
        aria-label={`${title}: ${known.length} of ${HOURS} hours are known, their averages between ${scoreText(least)} and ${scoreText(most)} of 100.`}>
        <path class="scale" d={`M0 .5H${HOURS * WIDTH}M0 ${HEIGHT / 2}H${HOURS * WIDTH}M0 ${HEIGHT - 0.5}H${HOURS * WIDTH}`} />
        {known.map((hour) => <Bar key={hour.begin} hour={hour} at={slotOf(hour)} />)}
      </svg>
      <p class="hours-axis quiet number"><span>{hourText(first)}</span><span>{hourText(first + (HOURS / 2) * HOUR_SECONDS)}</span><span>{hourText(last)}</span></p>
      <p class="note">Bars: the mean of the hour's scores, from 0 to 100; lines: from the least to the most. Hours without probes have none.</p>
      {isTableShown && <Table title={title} hours={known} />}
    </figure>
  );
}
