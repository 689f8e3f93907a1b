// The first screen: is the server well, what does it do, and how has that been.

import { useMemo } from 'preact/hooks';
import { HeatMap } from '../charts/heat_map';
import { TimeChart } from '../charts/time_chart';
import { isApplication } from '../model/names';
import { rolesOf } from '../model/roles';
import { page } from '../page';
import { overviewCharts } from '../model/overview_charts';
import { EmptyServer } from './empty_server';
import { Sections } from './sections';
import { Tiles } from './tiles';
import { VerdictPanel } from './verdict_panel';

function Waiting() {
  return <p class="waiting" role="status">Waiting for the server's first figures …</p>;
}

export function OverviewPage() {
  const { store } = page;
  const structure = store.structure.value;
  const roles = useMemo(() => rolesOf(store), [structure]);
  const charts = useMemo(() => overviewCharts(store, roles), [roles]);
  if (store.families.size === 0) return <Waiting />;
  return (
    <>
      <h1 class="hidden">Overview</h1>
      <VerdictPanel roles={roles} />
      <Tiles roles={roles} />
      {!roles.hasApplication && <EmptyServer />}
      <section class="charts" aria-label="The last minutes">
        {roles.latency && isApplication(roles.latency) && <div class="wide"><HeatMap key={roles.latency.name} title="Latency" family={roles.latency} /></div>}
        {charts.map((chart) => <TimeChart key={chart.title} {...chart} />)}
      </section>
      <Sections />
    </>
  );
}
