// Sessions that are open now, with what ails them. Asked for each second while the page is seen.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { amountText } from '../format/numbers';
import { sessionRows, type SessionRow } from '../model/sessions';
import { linkTo, place } from '../routing';
import { VerdictShape } from '../icons';

type State = { kind: 'asking' } | { kind: 'missing' } | { kind: 'failed'; why: string } | { kind: 'rows'; rows: SessionRow[] };

const state = signal<State>({ kind: 'asking' });
const EVERY_MS = 1000;

async function ask(): Promise<State> {
  try {
    const response = await fetch('api/sessions/live', { headers: { Accept: 'application/json' } });
    if (response.status === 404) return { kind: 'missing' };
    if (!response.ok) return { kind: 'failed', why: `the server answered ${response.status}` };
    return { kind: 'rows', rows: sessionRows(await response.json()) };
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : 'no answer' };
  }
}

/** One question at a time; none while nobody looks, and no more where there is no such address. */
function usePolling(): void {
  useEffect(() => {
    let timer = 0;
    let isOver = false;
    const poll = async () => {
      if (!document.hidden) state.value = await ask();
      if (!isOver && state.value.kind !== 'missing') timer = window.setTimeout(() => void poll(), EVERY_MS);
    };
    void poll();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, []);
}

function HowToGetIt() {
  return (
    <div class="card empty">
      <h2>This server has no sessions to show</h2>
      <p>Sessions come from the <code>stream</code> pack: a server that makes a <code>SessionStream</code> for each of its clients has them listed here,
        with queue, real-time factor, losses and the step of its ladder, and at <code>/api/sessions/live</code> for programs. How: <code>docs/reference/stream.md</code>.</p>
    </div>
  );
}

function Row({ row }: { row: SessionRow }) {
  return (
    <tr>
      <th scope="row"><a href={linkTo('sessions', {}, row.id)}>{row.id}</a></th>
      <td>{row.source}</td>
      <td><span class="state"><VerdictShape level={row.verdict} />{row.verdict}{row.reasons.length > 0 && <span class="quiet">{row.reasons.join(', ')}</span>}</span></td>
      <td class="number">{amountText(row.fill, 'ratio')}</td>
      <td class="number">{amountText(row.backlogSeconds, 'seconds')}</td>
      <td class="number">{amountText(row.realtimeFactor)}</td>
      <td class="number">{amountText(row.dropped)}</td>
      <td class="number">{row.ladderLevel ?? '–'}</td>
      <td>{row.model}</td>
    </tr>
  );
}

const COLUMNS = ['Session', 'Source', 'State', 'Queue', 'Backlog', 'Real-time factor', 'Dropped', 'Ladder', 'Model'];
const NUMBERS_FROM = 3;
const NUMBERS_TO = 7;

function SessionTable({ rows }: { rows: readonly SessionRow[] }) {
  return (
    <div class="card table-card" tabIndex={0} role="region" aria-label="Sessions">
      <table>
        <thead><tr>{COLUMNS.map((name, i) => <th key={name} scope="col" class={i >= NUMBERS_FROM && i <= NUMBERS_TO ? 'number' : 'words'}>{name}</th>)}</tr></thead>
        <tbody>{rows.map((row) => <Row key={`${row.id} ${row.source}`} row={row} />)}</tbody>
      </table>
    </div>
  );
}

function Content({ id }: { id: string }) {
  const current = state.value;
  switch (current.kind) {
    case 'asking': return <p class="waiting">Asking for the sessions …</p>;
    case 'missing': return <HowToGetIt />;
    case 'failed': return <p class="waiting" role="status">The sessions cannot be had: {current.why}. Asking again each second.</p>;
    case 'rows': {
      const rows = id === '' ? current.rows : current.rows.filter((row) => row.id === id);
      if (rows.length > 0) return <SessionTable rows={rows} />;
      return <p class="waiting">{id === '' ? 'No session is open now.' : 'This session is not open now.'}</p>;
    }
  }
}

export function SessionsPage() {
  usePolling();
  const id = place.value.rest;
  return (
    <>
      <div class="title-row">
        <h1 class="page-title">{id === '' ? 'Sessions' : `Session ${id}`}</h1>
        {id !== '' && <a class="quiet" href={linkTo('sessions')}>All sessions</a>}
      </div>
      <Content id={id} />
    </>
  );
}
