// Open sessions with their problems, sessions that ended since this page was opened, and those between peers.

import { amountText, clockText, durationText } from '../format/numbers';
import { readable } from '../format/readable';
import type { PastSession } from '../model/past_sessions';
import type { EndedSession } from '../model/session_history';
import { ladderText, SORTED_BY, type Sessions } from '../model/sessions';
import { lastKnown } from '../protocol/ask';
import { changeSettings, linkTo, place } from '../routing';
import { RecentSessions, usePastSessions } from './recent_sessions';
import { sessionHistory, useSessions, watchedSince, type SessionState } from './session_feed';
import { SessionPage } from './session_page';
import { SessionTable } from './session_table';

function HowToGetIt() {
  return (
    <div class="card empty">
      <h2>This server has no sessions to show</h2>
      <p>Sessions come from the <code>stream</code> pack. Begin one with <code>kymo::packs::SessionStreams</code> for each client, and give
        <code>kymo::sessions_route(streams)</code> to the Monitor. This page then lists queue, real-time factor, losses and the step of
        the ladder; <code>/api/sessions/live</code> has the same for programs. How: <code>docs/reference/stream.md</code>.</p>
      <p>Sessions between peers, such as calls and games, come from a <code>kymo::peers::SessionLog</code> that is handed to the Monitor
        as <code>MonitorOptions::peers.sessions</code>.</p>
    </div>
  );
}

function SortForm({ by }: { by: string }) {
  return (
    <label class="sort">
      <span class="quiet">sorted by </span>
      <select value={by} onChange={(event) => changeSettings({ by: event.currentTarget.value === SORTED_BY[0]?.[0] ? '' : event.currentTarget.value })}>
        {SORTED_BY.map(([field, text]) => <option key={field} value={field}>{text}</option>)}
      </select>
    </label>
  );
}

function Counts({ sessions }: { sessions: Sessions }) {
  const cut = sessions.ladder.filter(([name, count]) => name !== 'NORMAL' && count > 0).map(([name, count]) => `${count} at ${name.toLowerCase()}`);
  return (
    <p class="quiet number">
      {sessions.count} open{sessions.most !== null && ` of at most ${sessions.most}`}
      {sessions.rows.length < sessions.count && `, ${sessions.rows.length} shown`}
      {cut.length > 0 && `; ${cut.join(', ')}`}
    </p>
  );
}

function EndedRow({ ended: { row, time } }: { ended: EndedSession }) {
  return (
    <tr>
      <th scope="row"><a class="session-id" title={readable(row.id)} href={linkTo('sessions', {}, row.id)}>{readable(row.id) || '(no id)'}</a></th>
      <td class="number">{clockText(time)}</td>
      <td class="number">{row.ageSeconds === null ? '–' : durationText(row.ageSeconds)}</td>
      <td class="number">{amountText(row.chunks)}</td>
      <td class="number">{amountText(row.dropped)}</td>
      <td class="number">{amountText(row.errors)}</td>
      <td class="words">{ladderText(row)}</td>
    </tr>
  );
}

const ENDED_COLUMNS = ['Ended at', 'Was open for', 'Chunks', 'Dropped', 'Errors'];

function Recent({ ended }: { ended: readonly EndedSession[] }) {
  const since = watchedSince.value;
  return (
    <section class="panel" aria-labelledby="recent">
      <h2 id="recent">Ended lately</h2>
      {ended.length === 0
        ? <p class="card quiet">No session has ended since this page began to look{since !== null && `, at ${clockText(since)}`}. Those that do are kept here, up to 50, until the page is closed.</p>
        : (
          <div class="card table-card" tabIndex={0} role="region" aria-label="Sessions that ended lately">
            <table>
              <thead><tr><th scope="col" class="words">Session</th>{ENDED_COLUMNS.map((name) => <th key={name} scope="col" class="number">{name}</th>)}<th scope="col" class="words">Ladder</th></tr></thead>
              <tbody>{ended.map((one) => <EndedRow key={`${one.row.id} ${one.time}`} ended={one} />)}</tbody>
            </table>
          </div>
        )}
    </section>
  );
}

function Open({ state, past }: { state: SessionState; past: readonly PastSession[] | null }) {
  const waiting = <p class="waiting">Asking for the sessions …</p>;
  const sessions = lastKnown(state);
  if (sessions && sessions.rows.length > 0) return <SessionTable rows={sessions.rows} />;
  switch (state.kind) {
    case 'asking': return waiting;
    case 'missing':
      if (past === null) return waiting;
      return past.length > 0 ? null : <HowToGetIt />;
    case 'failed': return <p class="waiting" role="status">The server does not send the sessions: {state.why}. Asking again each second.</p>;
    case 'known': return <p class="card quiet">No session is open now. A client that connects appears here within a second.</p>;
  }
}

function AllSessions() {
  const by = place.value.settings.by || (SORTED_BY[0]?.[0] ?? '');
  const state = useSessions({ by });
  const sessions = lastKnown(state);
  const past = usePastSessions();
  return (
    <>
      <div class="title-row">
        <h1 class="page-title">Sessions</h1>
        {sessions && <Counts sessions={sessions} />}
        {sessions && sessions.rows.length > 1 && <SortForm by={by} />}
        {state.kind === 'failed' && sessions && sessions.rows.length > 0 && <p class="quiet" role="status">The server does not send the sessions: {state.why}. These are the last figures. Asking again each second.</p>}
      </div>
      <Open state={state} past={past} />
      {sessions && <Recent ended={sessionHistory.ended} />}
      {past !== null && past.length > 0 && <RecentSessions sessions={past} />}
    </>
  );
}

export function SessionsPage() {
  const id = place.value.rest;
  return id === '' ? <AllSessions /> : <SessionPage key={id} id={id} />;
}
