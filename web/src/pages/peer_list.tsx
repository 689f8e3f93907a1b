// All peers as a table, those first that need a look; sorted and filtered as the address says.

import { readable } from '../format/readable';
import { amountText, durationText } from '../format/numbers';
import { filterPeers, STATUSES, type Peer } from '../model/peers';
import { searchWords } from '../model/search';
import type { Order } from '../model/sorting';
import { changeSettings, linkTo, place } from '../routing';
import { millisecondsText, opinionText, percentText, Quality, StatusBadge } from './peer_badges';
import { LatencySparkline } from './peer_latency';
import { SortableTable, type SortColumn } from './sortable_table';

const MOST_SHOWN = 200;
const FEW = 8;
const WORST_FIRST: Order = { key: 'quality', descending: false };

function LatencyCell({ peer }: { peer: Peer }) {
  return <span class="latency-cell"><LatencySparkline id={peer.id} /><span>{millisecondsText(peer.latency.current)}</span></span>;
}

const rateText = (value: number | null) => amountText(value, 'bytes_per_second');
const number = (key: string, title: string, value: (peer: Peer) => number | null, cell: SortColumn<Peer>['cell']): SortColumn<Peer> => ({ key, title, isNumber: true, value, cell });

const COLUMNS: ReadonlyArray<SortColumn<Peer>> = [
  { key: 'name', title: 'Peer', isNumber: false, value: (peer) => peer.name, cell: (peer) => <a class="session-id" title={readable(peer.id)} href={linkTo('peers', {}, peer.id)}>{peer.name || '(no name)'}</a> },
  { key: 'status', title: 'Status', isNumber: false, value: (peer) => STATUSES.indexOf(peer.status), cell: (peer) => <StatusBadge status={peer.status} /> },
  number('quality', 'Quality', (peer) => peer.quality, (peer) => <Quality peer={peer} />),
  number('latency', 'Latency, 5 min', (peer) => peer.latency.current, (peer) => <LatencyCell peer={peer} />),
  number('jitter', 'Jitter', (peer) => peer.jitterMs, (peer) => millisecondsText(peer.jitterMs)),
  number('loss', 'Loss', (peer) => peer.lossPercent, (peer) => percentText(peer.lossPercent)),
  number('sent', 'Sent', (peer) => peer.sentPerSecond, (peer) => rateText(peer.sentPerSecond)),
  number('received', 'Received', (peer) => peer.receivedPerSecond, (peer) => rateText(peer.receivedPerSecond)),
  number('mos', 'MOS', (peer) => peer.mos, (peer) => opinionText(peer.mos)),
  number('uptime', 'Connected for', (peer) => peer.uptimeSeconds, (peer) => (peer.uptimeSeconds === null ? '–' : durationText(peer.uptimeSeconds))),
];

function Filter({ q, status }: { q: string; status: string }) {
  return (
    <form class="search" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="search-words">
        <span class="hidden">Find peers by name</span>
        <input type="search" value={q} placeholder="Find peers by name" onInput={(event) => changeSettings({ q: event.currentTarget.value })} />
      </label>
      <label>
        <span class="quiet">that are </span>
        <select value={status} onChange={(event) => changeSettings({ status: event.currentTarget.value })}>
          <option value="">in any state</option>
          {STATUSES.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      </label>
    </form>
  );
}

export function PeerList({ peers }: { peers: readonly Peer[] }) {
  const { q = '', status = '' } = place.value.settings;
  const found = filterPeers(peers, searchWords(q), status);
  return (
    <>
      {(peers.length >= FEW || q !== '' || status !== '') && <Filter q={q} status={status} />}
      {found.length > 0
        ? <SortableTable label="Peers" rows={found} keyOf={(peer) => peer.id} columns={COLUMNS} usual={WORST_FIRST} most={MOST_SHOWN} />
        : <p class="card quiet" role="status">No peer matches the filter. <button type="button" class="link" onClick={() => changeSettings({ q: '', status: '' })}>Show all</button></p>}
    </>
  );
}
