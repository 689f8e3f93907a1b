// Peers of WebRTC: what the `webrtc` pack measures, or how to get it.

import { useMemo } from 'preact/hooks';
import { familiesLike } from '../model/names';
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

export function PeersPage() {
  const structure = page.store.structure.value;
  const families = useMemo(() => familiesLike(page.store, /^webrtc_/), [structure]);
  return (
    <>
      <h1 class="page-title">Peers</h1>
      {families.length === 0
        ? <HowToGetIt />
        : <><h2 class="hidden">Figures of all peers</h2><div class="charts">{families.map((family) => <FamilyChart key={family.name} family={family} />)}</div></>}
    </>
  );
}
