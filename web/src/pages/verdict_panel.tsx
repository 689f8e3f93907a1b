import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { VerdictShape } from '../icons';
import { recentFiguresOf } from '../model/recent_figures';
import type { Roles } from '../model/roles';
import { judge, sessionReasons, type Reason, type Verdict } from '../model/verdict';
import { page } from '../page';
import { lastKnown } from '../protocol/ask';
import { linkTo } from '../routing';
import { sessionState } from './session_feed';

const SHOWN_AT_FIRST = 4;
const UNKNOWN: Verdict = { level: 'unknown', title: 'Unknown: the connection is lost', reasons: [] };
const areAllShown = signal(false);

const WELL = 'All checks pass: errors, losses, queues, CPU, memory, pressure, files and kymo itself.';

function ReasonItem({ reason }: { reason: Reason }) {
  return (
    <li class={`reason reason-${reason.level}`}>
      <span class="reason-level">{reason.level}</span>
      <a href={reason.session === undefined ? linkTo('explore', { q: reason.family }) : linkTo('sessions', {}, reason.session)}>{reason.text}</a>
    </li>
  );
}

export function VerdictPanel({ roles }: { roles: Roles }) {
  const version = page.store.version.value;
  const isLost = page.client.connection.value.state === 'lost';
  const verdict = useMemo(() => (isLost ? UNKNOWN : judge(recentFiguresOf(page.store), roles, sessionReasons(lastKnown(sessionState.value)))), [version, roles, isLost]);
  const shown = areAllShown.value ? verdict.reasons : verdict.reasons.slice(0, SHOWN_AT_FIRST);
  const hidden = verdict.reasons.length - shown.length;
  return (
    <section class={`verdict verdict-${verdict.level}`} aria-label="Verdict">
      <VerdictShape level={verdict.level} />
      <div>
        <div role="status"><h2>{verdict.title}</h2></div>
        {verdict.level === 'well' && <p class="quiet">{WELL}</p>}
        {verdict.level === 'unknown' && <p class="quiet">The figures below are of the moment before the loss.</p>}
        {shown.length > 0 && <ul class="reasons">{shown.map((reason) => <ReasonItem key={reason.text} reason={reason} />)}</ul>}
        {hidden > 0 && <button type="button" class="link" onClick={() => { areAllShown.value = true; }}>and {hidden} more</button>}
      </div>
    </section>
  );
}
