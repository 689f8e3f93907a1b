// Whether what is seen is what is: live, behind, or not connected.

import { now } from './clock';
import { clockText, durationText } from './format/numbers';
import { page } from './page';

export function ConnectionState() {
  const { connection, behind } = page.client;
  const state = connection.value.state;
  const isBehind = state === 'live' && behind.value !== null;
  const text = state === 'live' ? (isBehind ? 'behind' : 'live') : state === 'lost' ? 'disconnected' : 'connecting';
  return <p class={`connection connection-${isBehind ? 'behind' : state}`}><span class="dot" aria-hidden="true" />{text}</p>;
}

function lostText(since: number, retryAt: number): string {
  const wait = Math.ceil((retryAt - now.value) / 1000);
  const attempt = wait > 0 ? `next attempt in ${wait} s` : 'trying now';
  return `Disconnected since ${clockText(since / 1000)} (${durationText((now.value - since) / 1000)}); ${attempt}.`;
}

function behindText(seconds: number, skipped: number): string {
  const parts = [
    seconds >= 1 ? `what you see is ${durationText(seconds)} old` : '',
    skipped > 0 ? `${skipped} ${skipped === 1 ? 'frame was' : 'frames were'} joined into later ones` : '',
  ];
  return `You are behind: ${parts.filter(Boolean).join('; ')}.`;
}

export function ConnectionBanner() {
  const connection = page.client.connection.value;
  const behind = page.client.behind.value;
  if (connection.state === 'lost') {
    return (
      <div class="banner banner-lost" role="status">
        <p>{lostText(connection.since, connection.retryAt)} What is shown is from before. {connection.reason && <span class="quiet">Reason: {connection.reason}</span>}</p>
        <button type="button" onClick={() => page.client.retryNow()}>Try now</button>
      </div>
    );
  }
  if (behind) return <div class="banner banner-behind" role="status"><p>{behindText(behind.seconds, behind.skipped)}</p></div>;
  if (page.client.complaint.value) return <div class="banner banner-behind" role="status"><p>The server says: {page.client.complaint.value}</p></div>;
  return null;
}
