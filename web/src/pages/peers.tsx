// Peers: those that the server lists, and what the `webrtc` pack measures; or how to get it.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { durationText } from '../format/numbers';
import { isSentToLogin } from '../login';
import { familiesLike } from '../model/names';
import { parsePeers, type Peer } from '../model/peers';
import { page } from '../page';
import { FamilyChart } from './family_chart';

function HowToGetIt() {
  return (
    <div class="card empty">
      <h2>This server has no peers to show</h2>
      <p>Peers come from the <code>webrtc</code> pack: a server that tells <code>kymo::packs::WebRtcMetrics</code> of its peer connections has
        them here, by state and session, with their bytes, losses and failures. How: <code>docs/reference/metrics.md</code>.</p>
    </div>
  );
}

const EVERY_MS = 5000;

/** Asked for while somebody looks; none where the server cannot tell. */
function usePeers(): readonly Peer[] {
  const [peers, setPeers] = useState<readonly Peer[]>([]);
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      if (document.hidden) return;
      try {
        const response = await fetch('api/metrics/peers', { headers: { Accept: 'application/json' } });
        if (isSentToLogin(response) || !response.ok) return;
        const known = parsePeers(await response.json());
        if (known && !isOver) setPeers(known);
      } catch {
        // The page's head says that the server does not answer; what was known stays.
      }
    };
    void ask();
    const timer = window.setInterval(() => void ask(), EVERY_MS);
    return () => {
      isOver = true;
      window.clearInterval(timer);
    };
  }, []);
  return peers;
}

const shown = (value: number | null, unit: string) => (value === null ? '–' : `${value.toFixed(1)} ${unit}`);

function PeerRow({ peer }: { peer: Peer }) {
  return (
    <tr>
      <th scope="row" title={peer.id}>{peer.name}</th>
      <td class="words">{peer.status}</td>
      <td class="number">{peer.quality === null ? '–' : `${Math.round(peer.quality)} of 100`}{peer.trend !== 'stable' && `, ${peer.trend}`}</td>
      <td class="number">{shown(peer.latencyMs, 'ms')}</td>
      <td class="number">{shown(peer.jitterMs, 'ms')}</td>
      <td class="number">{shown(peer.lossPercent, '%')}</td>
      <td class="number">{peer.uptimeSeconds === null ? '–' : durationText(peer.uptimeSeconds)}</td>
    </tr>
  );
}

const PEER_COLUMNS = ['Quality', 'Latency', 'Jitter', 'Loss', 'Connected for'];

function PeerTable({ peers }: { peers: readonly Peer[] }) {
  return (
    <div class="card table-card" tabIndex={0} role="region" aria-label="Peers">
      <table>
        <thead><tr><th scope="col" class="words">Peer</th><th scope="col" class="words">Status</th>{PEER_COLUMNS.map((name) => <th key={name} scope="col" class="number">{name}</th>)}</tr></thead>
        <tbody>{peers.map((peer) => <PeerRow key={peer.id} peer={peer} />)}</tbody>
      </table>
    </div>
  );
}

export function PeersPage() {
  const peers = usePeers();
  const structure = page.store.structure.value;
  const families = useMemo(() => familiesLike(page.store, /^webrtc_/), [structure]);
  return (
    <>
      <h1 class="page-title">Peers</h1>
      {peers.length > 0 && <PeerTable peers={peers} />}
      {families.length === 0
        ? peers.length === 0 && <HowToGetIt />
        : <><h2 class="hidden">Figures of all peers</h2><div class="charts">{families.map((family) => <FamilyChart key={family.name} family={family} />)}</div></>}
    </>
  );
}
