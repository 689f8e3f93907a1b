// One session: its state, its properties, and its history since this page was opened.

import { useMemo } from 'preact/hooks';
import { TimeChart } from '../charts/time_chart';
import { amountText, clockText, cutRatioText, durationText, factorText } from '../format/numbers';
import type { Line } from '../model/lines';
import { ladderText, type SessionField, type SessionRow } from '../model/sessions';
import { page } from '../page';
import { readable } from '../format/readable';
import { lastKnown } from '../protocol/ask';
import { linkTo } from '../routing';
import { sessionHistory, useSessions, watchedSince, type SessionState } from './session_feed';
import { SessionVerdict } from './session_table';

/** The most that a server lists at once. */
const ASKED = 1000;

interface Figure {
  readonly title: string;
  readonly field: SessionField;
  readonly unit: string;
  readonly perSecond?: boolean;
  readonly atLeast?: number;
  readonly factor?: number;
}

const FIGURES: readonly Figure[] = [
  { title: 'Real-time factor', field: 'realtimeFactor', unit: '', atLeast: 0.05 },
  { title: 'Queue', field: 'fill', unit: 'ratio', atLeast: 0.1 },
  { title: 'Backlog', field: 'backlogSeconds', unit: 'seconds', atLeast: 0.05 },
  { title: 'Inference, mean of 10 chunks', field: 'inferenceMs', unit: 'seconds', factor: 0.001 },
  { title: 'Received', field: 'bytes', unit: 'bytes_per_second', perSecond: true },
  { title: 'Chunks processed', field: 'chunks', unit: '/s', perSecond: true },
  { title: 'Dropped', field: 'dropped', unit: '/s', perSecond: true, atLeast: 1 },
  { title: 'Errors', field: 'errors', unit: '/s', perSecond: true, atLeast: 1 },
];

function lineOf(id: string, { title, field, perSecond = false, factor = 1 }: Figure): Line {
  return {
    label: title,
    points: (from, to) => sessionHistory.points(id, field, perSecond, page.store.timeline, from, to).map((value) => (value === null ? null : value * factor)),
  };
}

function Charts({ id }: { id: string }) {
  const charts = useMemo(() => FIGURES.map((figure) => ({ ...figure, lines: [lineOf(id, figure)] })), [id]);
  return (
    <section class="charts" aria-labelledby="session-charts">
      <h2 class="hidden" id="session-charts">Since this page began to look</h2>
      {charts.map(({ title, unit, lines, atLeast }) => <TimeChart key={title} title={title} unit={unit} lines={lines} atLeast={atLeast} />)}
    </section>
  );
}

function factsOf(row: SessionRow): ReadonlyArray<readonly [string, string]> {
  return [
    ['Ladder', ladderText(row)],
    ['Real-time factor', factorText(row.realtimeFactor)],
    ['Queue', cutRatioText(row.fill)],
    ['Backlog', amountText(row.backlogSeconds, 'seconds')],
    ['Dropped', amountText(row.dropped)],
    ['Errors', amountText(row.errors)],
    ['Chunks', amountText(row.chunks)],
    ['Received', amountText(row.bytes, 'bytes')],
    ['Sources', amountText(row.sources)],
    ['Open for', row.ageSeconds === null ? '' : durationText(row.ageSeconds)],
    ['Model', readable(row.model)],
    ['Voice detection', row.vad === null ? '' : row.vad ? 'on' : 'off'],
    ['Connection', readable(row.connection)],
    ['Attempt', readable(row.attempt)],
  ];
}

function Facts({ row }: { row: SessionRow }) {
  return (
    <dl class="card facts">
      {factsOf(row).filter(([, value]) => value !== '').map(([name, value]) => <div key={name}><dt>{name}</dt><dd class="number">{value}</dd></div>)}
    </dl>
  );
}

function Missing({ state, id }: { state: SessionState; id: string }) {
  switch (state.kind) {
    case 'asking': return <p class="waiting">Asking for the session …</p>;
    case 'missing': return <p class="waiting">This server has no sessions to show.</p>;
    case 'failed': return <p class="waiting" role="status">The server does not send the session: {state.why}. Asking again each second.</p>;
    case 'known': return <p class="waiting">No session <b>{readable(id)}</b> is open now. <a href={linkTo('sessions')}>Those that are</a></p>;
  }
}

export function SessionPage({ id }: { id: string }) {
  const state = useSessions({ top: ASKED, watched: id });
  const open = lastKnown(state)?.rows.find((row) => row.id === id);
  const row = open ?? sessionHistory.lastOf(id);
  const ended = sessionHistory.ended.find((one) => one.row.id === id);
  return (
    <>
      <p class="above-title"><a href={linkTo('sessions')}>All sessions</a></p>
      <div class="title-row">
        <h1 class="page-title">Session {readable(id) || '(no id)'}</h1>
        {open && state.kind === 'known' && <SessionVerdict row={open} />}
        {!open && ended && <p class="quiet">Ended at {clockText(ended.time)}. These are the last figures.</p>}
        {row && !ended && state.kind === 'failed' && <p class="quiet" role="status">The server does not send the session: {state.why}. These are the last figures.</p>}
      </div>
      {row ? <><Facts row={row} /><Charts id={id} /></> : <Missing state={state} id={id} />}
      {row && watchedSince.value !== null && <p class="quiet">The server tells how a session is, not how it was: lines begin when this page began to look, at {clockText(watchedSince.value)}.</p>}
    </>
  );
}
