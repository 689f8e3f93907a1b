// The sessions on the first screen: the worst few, where the server has sessions at all.

import { familyNamed } from '../model/names';
import { page } from '../page';
import { lastKnown } from '../protocol/ask';
import { linkTo } from '../routing';
import { useSessions } from './session_feed';
import { SessionTable } from './session_table';

const SHOWN = 5;
/** A figure that every server with session streams has from its start. */
const STREAMS = 'kymo_stream_messages_sent';

export function SessionPanel() {
  void page.store.structure.value;
  const hasStreams = familyNamed(page.store, STREAMS) !== undefined;
  const state = useSessions({ when: hasStreams });
  const sessions = lastKnown(state);
  if (!hasStreams || !sessions) return null;
  const { rows, count } = sessions;
  return (
    <section class="panel" aria-labelledby="sessions-heading">
      <div class="title-row">
        <h2 id="sessions-heading">Sessions</h2>
        <p class="quiet number">{count === 0 ? 'None is open now.' : count > SHOWN ? `The ${SHOWN} slowest of ${count}.` : `${count} open, the slowest first.`}</p>
        <a class="quiet" href={linkTo('sessions')}>All sessions</a>
      </div>
      {rows.length > 0 && <SessionTable rows={rows.slice(0, SHOWN)} label="The slowest sessions" />}
    </section>
  );
}
