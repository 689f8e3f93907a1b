// Controls of the shown range of time: its length, and live or earlier.

import { durationText, momentText } from '../format/numbers';
import { page } from '../page';
import { FAST_HZ, goLive, isLive, pan, pause, pausedAt, rate, showSpan, span, LONG_SPANS, SPANS } from './view_window';

const SPAN_TEXT: Record<number, string> = { 60: '1 min', 300: '5 min', 900: '15 min', 3600: '1 h', 21_600: '6 h', 86_400: '1 d', 604_800: '7 d', 2_592_000: '30 d' };
/** Stops of the slider, however long the past is. */
const MOST_STOPS = 1800;

function Rewind() {
  const { timeline, version } = page.store;
  void version.value;
  const known = timeline.lastTime - timeline.earliest;
  const step = Math.ceil(known / MOST_STOPS);
  if (!Number.isFinite(known) || known < 5) return null;
  const back = pausedAt.value === null ? 0 : timeline.lastTime - pausedAt.value;
  const rewind = (event: Event) => {
    const seconds = -Number((event.currentTarget as HTMLInputElement).value);
    if (seconds <= 0) goLive();
    else pausedAt.value = timeline.lastTime - seconds;
  };
  return (
    <label class="rewind">
      <span>Rewind</span>
      <input type="range" min={-Math.floor(known / step) * step} max={0} step={step} value={-Math.round(back)} onInput={rewind}
        aria-valuetext={back > 0 ? `${durationText(back)} ago` : 'now'} />
      <output class="number">{back > 0 ? `${durationText(back)} ago` : 'now'}</output>
    </label>
  );
}

export function TimeControls() {
  const { timeline, structure } = page.store;
  void structure.value;
  // The first frame says how far back the server's history goes.
  const hasPast = !Number.isNaN(timeline.pastBegin) && !page.past.isMissing.value;
  const spans: readonly number[] = hasPast ? [...SPANS, ...LONG_SPANS] : SPANS;
  return (
    <section class="time-controls" aria-label="Time shown">
      <div class="segments lengths" role="group" aria-label="Length">
        {spans.map((seconds) => (
          <button key={seconds} type="button" aria-pressed={span.value === seconds} onClick={() => showSpan(seconds)}>{SPAN_TEXT[seconds]}</button>
        ))}
      </div>
      <div class="segments" role="group" aria-label="Position">
        <button type="button" onClick={() => pan(timeline, -span.value / 4)} aria-label="Earlier">◂</button>
        <button type="button" aria-pressed={!isLive.value} onClick={() => (isLive.value ? pause(timeline) : goLive())}>{isLive.value ? 'Pause' : 'Live'}</button>
        <button type="button" onClick={() => pan(timeline, span.value / 4)} disabled={isLive.value} aria-label="Later">▸</button>
      </div>
      <button type="button" aria-pressed={rate.value === FAST_HZ} onClick={() => { rate.value = rate.value === FAST_HZ ? 1 : FAST_HZ; }}
        title="Ten frames a second instead of one; of what is older than a minute one a second is kept">10 Hz</button>
      <Rewind />
      {pausedAt.value !== null && <p class="paused number">paused at {momentText(pausedAt.value, timeline.lastTime)}</p>}
    </section>
  );
}
