// The last sessions between peers, such as calls and games: when, with whom, and how long answers took meanwhile.

import { durationText } from '../format/numbers';
import { readable } from '../format/readable';
import { parsePastSessions, type PastSession } from '../model/past_sessions';
import { fromJson, lastKnown } from '../protocol/ask';
import { linkTo } from '../routing';
import { millisecondsText } from './peer_badges';
import { usePolled } from './polled';

const READ = fromJson(parsePastSessions);
const ADDRESS = 'api/metrics/sessions?limit=100';
const MOST_PEERS = 8;

const dateAndTime = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });

function PeerLinks({ peers }: { peers: readonly string[] }) {
  if (peers.length === 0) return <>–</>;
  const hidden = peers.length - MOST_PEERS;
  return (
    <span class="peer-links">
      {peers.slice(0, MOST_PEERS).map((id, i) => <a key={i} href={linkTo('peers', {}, id)}>{readable(id) || '(no id)'}</a>)}
      {hidden > 0 && <span class="quiet" title={readable(peers.slice(MOST_PEERS).join(', '))}>and {hidden} more</span>}
    </span>
  );
}

function SessionRow({ session }: { session: PastSession }) {
  return (
    <tr>
      <th scope="row"><span class="session-id" title={readable(session.id)}>{readable(session.name || session.id) || '(no id)'}</span></th>
      <td class="words">{readable(session.kind) || '–'}</td>
      <td class="words"><span class="number">{session.start === null ? '–' : dateAndTime.format(session.start * 1000)}</span></td>
      <td class="number">{session.seconds === null ? '–' : durationText(session.seconds)}{session.end === null && <span class="quiet"> so far</span>}{session.isInterrupted && <span class="quiet" title="The process ended before the session did."> cut off</span>}</td>
      <td class="words"><PeerLinks peers={session.peers} /></td>
      {[session.least, session.average, session.most].map((value, i) => <td key={i} class="number">{millisecondsText(value)}</td>)}
    </tr>
  );
}

const NAMES: ReadonlyArray<readonly [title: string, isNumber: boolean]> = [
  ['Session', false], ['Kind', false], ['Start', false], ['Duration', true], ['Peers', false], ['Least latency', true], ['Average', true], ['Most', true],
];

/** Null: not known yet. On a failure there are none to show. */
export function usePastSessions(): readonly PastSession[] | null {
  const answer = usePolled(ADDRESS, READ);
  return answer.kind === 'asking' ? null : lastKnown(answer) ?? [];
}

export function RecentSessions({ sessions }: { sessions: readonly PastSession[] }) {
  return (
    <section class="panel" aria-labelledby="recent-sessions">
      <h2 id="recent-sessions">Recent sessions</h2>
      <div class="card table-card" tabIndex={0} role="region" aria-label="Recent sessions between peers">
        <table>
          <thead><tr>{NAMES.map(([title, isNumber]) => <th key={title} scope="col" class={isNumber ? 'number' : 'words'}>{title}</th>)}</tr></thead>
          <tbody>{sessions.map((session, i) => <SessionRow key={`${session.id} ${i}`} session={session} />)}</tbody>
        </table>
      </div>
    </section>
  );
}
