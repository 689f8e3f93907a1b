// The first screen: is the server well, what does it do, and how has that been.

import { useMemo } from 'preact/hooks';
import { HeatMap } from '../charts/heat_map';
import { TimeChart, type ChartProps } from '../charts/time_chart';
import type { Family } from '../data/series';
import { isApplication } from '../model/names';
import { rolesOf, type Roles } from '../model/roles';
import { page } from '../page';
import { lossChart, lossNames, overviewCharts } from '../model/overview_charts';
import { EmptyServer } from './empty_server';
import { SessionPanel } from './session_panel';
import { Sections } from './sections';
import { Tiles } from './tiles';
import { VerdictPanel } from './verdict_panel';

function Waiting() {
  return <p class="waiting" role="status">Waiting for the server's first figures …</p>;
}

const LEAD_HEIGHT = 200;

/** The user's experience: latency beside errors. */
function Lead({ latency, losses }: { latency: Family; losses: ChartProps | undefined }) {
  return (
    <section class={losses ? 'charts lead' : 'charts'} aria-label="Latency and errors">
      <div class="wide"><HeatMap key={latency.name} title="Latency" family={latency} height={LEAD_HEIGHT} /></div>
      {losses && <TimeChart {...losses} height={LEAD_HEIGHT} />}
    </section>
  );
}

function useLosses(roles: Roles): ChartProps | undefined {
  void page.store.version.value;
  const names = lossNames(page.store, roles);
  return useMemo(() => lossChart(page.store, names), [names, roles]);
}

export function OverviewPage() {
  const { store } = page;
  const structure = store.structure.value;
  const roles = useMemo(() => rolesOf(store), [structure]);
  const charts = useMemo(() => overviewCharts(store, roles), [roles]);
  const losses = useLosses(roles);
  // Figures from before a restart do not belong to the new process.
  const hasOwn = useMemo(() => [...store.families.values()].some((family) => isApplication(family) && family.series.some((series) => series.alive)), [structure]);
  const latency = roles.latency && isApplication(roles.latency) ? roles.latency : undefined;
  if (store.families.size === 0) return <Waiting />;
  return (
    <>
      <h1 class="hidden">Overview</h1>
      <VerdictPanel roles={roles} />
      <Tiles roles={roles} />
      {!hasOwn && <EmptyServer />}
      {latency && <Lead latency={latency} losses={losses} />}
      <SessionPanel />
      <section class="charts" aria-label="The last minutes">
        {!latency && losses && <TimeChart key={losses.title} {...losses} />}
        {charts.map((chart) => <TimeChart key={chart.title} {...chart} />)}
      </section>
      <Sections />
    </>
  );
}
