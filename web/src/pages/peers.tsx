// The server's peers, and the figures of the `webrtc` pack; or how to get them.

import { useMemo } from 'preact/hooks';
import type { Family } from '../data/series';
import { familiesLike } from '../model/names';
import { parsePeers } from '../model/peers';
import { page } from '../page';
import { fromJson, lastKnown } from '../protocol/ask';
import { place } from '../routing';
import { FamilyChart } from './family_chart';
import { NetworkPanel } from './network_panel';
import { PeerList } from './peer_list';
import { PeerPage } from './peer_page';
import { usePolled } from './polled';

const LINES = `#include <kymo/monitor/monitor.h>
#include <kymo/peers/peer_table.h>

kymo::peers::PeerTable peers;
kymo::MonitorOptions options;
options.peers.table = &peers;
kymo::Monitor monitor(options);  // serves this page

peers.add("anna", "Anna");
peers.record_latency("anna", 12ms);  // or record_timeout("anna")`;

const COMMAND = 'kymo serve --probe anna=udp://10.0.0.2:9465';

function HowToGetIt() {
  return (
    <div class="card empty">
      <h2>This server has no peers to show</h2>
      <p>Peers are the machines that a program speaks with. A program that tells a <code>PeerTable</code> how long their answers take has them
        here, with latency, jitter, losses, bandwidth and a score of each:</p>
      <pre tabIndex={0}><code>{LINES}</code></pre>
      <p>Kymo can also probe them itself, without code:</p>
      <pre tabIndex={0}><code>{COMMAND}</code></pre>
      <p class="quiet">WebRTC connections that <code>kymo::packs::WebRtcMetrics</code> is told of are shown here, too.</p>
    </div>
  );
}

const READ = fromJson(parsePeers);

function familiesOfPeers(): Family[] {
  return familiesLike(page.store, /^webrtc_/);
}

export function hasFamiliesOfPeers(): boolean {
  void page.store.structure.value;
  return familiesOfPeers().length > 0;
}

function Families({ families }: { families: readonly Family[] }) {
  return (
    <section class="panel" aria-labelledby="webrtc">
      <h2 id="webrtc">WebRTC connections</h2>
      <div class="charts">{families.map((family) => <FamilyChart key={family.name} family={family} />)}</div>
    </section>
  );
}

function AllPeers() {
  const answer = usePolled('api/metrics/peers', READ);
  const structure = page.store.structure.value;
  const families = useMemo(familiesOfPeers, [structure]);
  const peers = lastKnown(answer) ?? [];
  const isNothing = peers.length === 0 && families.length === 0;
  return (
    <>
      <div class="title-row">
        <h1 class="page-title">Peers</h1>
        {answer.kind === 'failed' && <p class="quiet" role="status">The server does not send the peers: {answer.why}. Asking again each second.</p>}
      </div>
      {peers.length > 0 && <><NetworkPanel /><PeerList peers={peers} /></>}
      {isNothing && answer.kind === 'asking' && <p class="waiting">Asking for the peers …</p>}
      {isNothing && (answer.kind === 'known' || answer.kind === 'missing') && <HowToGetIt />}
      {families.length > 0 && <Families families={families} />}
    </>
  );
}

export function PeersPage() {
  const id = place.value.rest;
  return id === '' ? <AllPeers /> : <PeerPage key={id} id={id} />;
}
