// The connection's state: live, behind, or not connected.

import { now } from './clock';
import { clockText, durationText } from './format/numbers';
import { readable } from './format/readable';
import { page } from './page';

export function ConnectionState() {
  const { connection, behind } = page.client;
  const state = connection.value.state;
  const isBehind = state === 'live' && behind.value !== null;
  const text = state === 'live' ? (isBehind ? 'behind' : 'live') : state === 'lost' ? 'disconnected' : 'connecting';
  return <p class={`connection connection-${isBehind ? 'behind' : state}`}><span class="dot" aria-hidden="true" />{text}</p>;
}

/** Changes each second, and is hidden from screen readers. */
function attemptText(since: number, retryAt: number): string {
  const wait = Math.ceil((retryAt - now.value) / 1000);
  const attempt = wait > 0 ? `next attempt in ${wait} s` : 'trying now';
  return `for ${durationText((now.value - since) / 1000)}; ${attempt}`;
}

function behindText(seconds: number, skipped: number): string {
  const parts = [
    seconds >= 1 ? `the figures are ${durationText(seconds)} old` : '',
    skipped > 0 ? `${skipped} ${skipped === 1 ? 'frame was' : 'frames were'} merged into later ones` : '',
  ];
  return `You are behind: ${parts.filter(Boolean).join('; ')}.`;
}

export function ConnectionBanner() {
  const connection = page.client.connection.value;
  const behind = page.client.behind.value;
  if (connection.state === 'lost') {
    return (
      <aside class="banner banner-lost" aria-label="Connection">
        <p>
          <span role="status">Disconnected since {clockText(connection.since / 1000)}.</span> The figures are old.{' '}
          <span class="quiet number" aria-hidden="true">({attemptText(connection.since, connection.retryAt)})</span>
          {connection.reason && <span class="quiet"> Reason: {readable(connection.reason)}</span>}
        </p>
        <button type="button" onClick={() => page.client.retryNow()}>Try now</button>
      </aside>
    );
  }
  if (behind) return <aside class="banner banner-behind" aria-label="Connection"><p role="status">{behindText(behind.seconds, behind.skipped)}</p></aside>;
  if (page.client.complaint.value) return <aside class="banner banner-behind" aria-label="Connection"><p role="status">The server says: {readable(page.client.complaint.value)}</p></aside>;
  return null;
}
