// The answer to a PromQL query over the range that all charts show: a chart, a table, and what the server says about it.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { ChartTable } from '../charts/chart_table';
import { PastTime } from '../charts/chart_time';
import { TimeChart } from '../charts/time_chart';
import { pausedAt, span, stepOf, windowOf } from '../charts/view_window';
import { labelText } from '../data/series';
import { readable } from '../format/readable';
import { placed } from '../model/query_text';
import { page } from '../page';
import { lastKnown, type Answer } from '../protocol/ask';
import type { Labels } from '../protocol/messages';
import { queryRange, type RangeAnswer } from '../protocol/prometheus';
import { PinButton } from './pin_button';

const MOST_LINES = 20;
const TYPING_MS = 300;
const LEAST_EVERY_MS = 2000;

interface Shown {
  readonly answer: Answer<RangeAnswer>;
  readonly times: readonly number[];
  readonly window: [number, number];
}

const ASKING: Shown = { answer: { kind: 'asking' }, times: [], window: [NaN, NaN] };

/** Asks when somebody has stopped typing, and again as time goes on. */
function useQuery(query: string): Shown {
  const [shown, setShown] = useState<Shown>(ASKING);
  const [seconds, at] = [span.value, pausedAt.value];
  useEffect(() => {
    let timer = 0;
    let isOver = false;
    const run = async () => {
      const window = windowOf(page.store.timeline);
      const step = stepOf(window[1] - window[0]);
      if (Number.isFinite(window[0])) {
        const [start, end] = [Math.ceil(window[0] / step) * step, Math.floor(window[1] / step) * step];
        const answer = await queryRange({ query, start, end: Math.max(start, end), step });
        if (isOver) return;
        const times = Array.from({ length: Math.max(0, Math.round((end - start) / step)) + 1 }, (_, i) => start + i * step);
        setShown((before) => ({ answer: answer.kind === 'failed' ? { ...answer, last: lastKnown(before.answer) } : answer, times, window }));
      }
      if (at === null) timer = self.setTimeout(() => void run(), Math.max(LEAST_EVERY_MS, step * 1000 || 0));
    };
    timer = self.setTimeout(() => void run(), TYPING_MS);
    return () => {
      isOver = true;
      self.clearTimeout(timer);
    };
  }, [query, seconds, at]);
  return shown;
}

function nameOf(labels: Labels): string {
  const { __name__: name = '', ...others } = labels;
  return [readable(name), labelText(others)].filter(Boolean).join(' ') || 'value';
}

/** The message, below the characters that it means. */
function Said({ said, query, isError }: { said: string; query: string; isError: boolean }) {
  const { message, line, before = 0 } = placed(said, query);
  return (
    <div class={`said ${isError ? 'fault' : 'quiet'}`} role={isError ? 'alert' : 'note'}>
      {line !== undefined && <pre tabIndex={0} role="group" aria-label={`Place of the message: character ${before + 1}`}>{`${line}\n${' '.repeat(before)}^`}</pre>}
      <p>{readable(message)}</p>
    </div>
  );
}

/** `isWhole`: with a heading and a table, as a page of its own has it. */
export function QueryChart({ query, isWhole = false }: { query: string; isWhole?: boolean }) {
  const { answer, times, window } = useQuery(query);
  const time = useMemo(() => new PastTime(), [query]);
  const known = answer.kind === 'known' ? answer.value : undefined;
  const shown = known?.series.slice(0, MOST_LINES) ?? [];
  const labels = shown.map((one) => nameOf(one.labels));
  const lines = useMemo(() => labels.map((label, i) => time.line(label, i)), [time, labels.join('\n')]);
  useEffect(() => {
    if (!known) return;
    const step = (times[1] ?? 0) - (times[0] ?? 0) || 1;
    time.set(times, shown.map(({ points }) => {
      const values = new Array<number | null>(times.length).fill(null);
      for (const [moment, value] of points) if (!Number.isNaN(value)) values[Math.round((moment - (times[0] ?? 0)) / step)] = value;
      return values;
    }), window);
  }, [known, time, lines]);
  const hidden = (known?.series.length ?? 0) - shown.length;
  const isHistogram = shown.some(({ points, histograms }) => points.length === 0 && histograms.length > 0);
  return (
    <section class="query-answer" aria-label="Answer">
      {isWhole && <h2 class="hidden">Answer</h2>}
      {answer.kind === 'failed' && <Said said={answer.said ?? answer.why} query={query} isError />}
      {answer.kind === 'missing' && <p class="fault" role="alert">This server answers no queries: it has no history.</p>}
      {known?.annotations.map((one) => <Said key={one} said={one} query={query} isError={false} />)}
      {known && known.series.length === 0 && <p class="quiet" role="status">The query gives no series in this time.</p>}
      {lines.length > 0 && (
        <TimeChart title={readable(query)} unit="" lines={lines} time={time} height={240} actions={<PinButton pin={{ key: query, view: 'query' }} />}
          note={[hidden > 0 && `${hidden} more series: narrow the query, or use topk().`, isHistogram && 'A histogram has no line: use histogram_quantile() or histogram_count().'].filter(Boolean).join(' ') || undefined} />
      )}
      {isWhole && lines.length > 0 && <div class="card"><ChartTable title={readable(query)} lines={lines} time={time} unit="" /></div>}
    </section>
  );
}
