// The charts of the first screen, if their families exist.

import type { ChartProps } from '../charts/time_chart';
import { summands } from '../data/derive';
import type { Family } from '../data/series';
import type { Store } from '../data/store';
import { climbing, familyLine, seriesLine, seriesLines, unitOf, type Line, type View } from './lines';
import { familyNamed, isApplication } from './names';
import { titleOf, type Roles } from './roles';

const MOST_LINES = 8;
const MOST_LOSSES = 5;
const isFamily = (family: Family | undefined): family is Family => family !== undefined;

function named(store: Store, ...names: string[]): Family[] {
  return names.map((name) => familyNamed(store, name)).filter(isFamily);
}

function chart(title: string, unit: string, families: readonly Family[], lines: readonly Line[], atLeast?: number): ChartProps[] {
  if (lines.length === 0) return [];
  return [{ title, unit, lines, source: families.map((family) => family.name).join(', '), atLeast }];
}

function together(store: Store, title: string, families: readonly Family[], view: View, labels?: readonly string[], atLeast?: number): ChartProps[] {
  const first = families[0];
  if (!first) return [];
  const lines = families.slice(0, MOST_LINES).map((family, i) => familyLine(store, family, view, labels?.[i] ?? titleOf(family)));
  return chart(title, unitOf(first, view), families, lines, atLeast);
}

/** The families of errors and losses that ever counted, by name; if none did, the first of each. */
export function lossNames(store: Store, roles: Roles): string {
  const happened = (family: Family) => summands(family).some((series) => (series.column('value')?.values[store.timeline.end - 1] ?? 0) > 0);
  const usual = [roles.errors[0], roles.drops[0]].filter(isFamily);
  const more = [...roles.errors, ...roles.drops].filter((family) => !usual.includes(family) && happened(family));
  return [...usual, ...more].slice(0, MOST_LOSSES).map((family) => family.name).join('\n');
}

export function lossChart(store: Store, names: string): ChartProps | undefined {
  const families = names.split('\n').map((name) => store.families.get(name)).filter(isFamily);
  return chart('Errors and drops', '/s', families, families.map((family) => climbing(familyLine(store, family, 'rate', titleOf(family)))), 1)[0];
}

function trafficCharts(store: Store, roles: Roles): ChartProps[] {
  return [
    ...(roles.traffic && isApplication(roles.traffic) ? together(store, titleOf(roles.traffic), [roles.traffic], 'rate') : []),
    ...(roles.active && isApplication(roles.active) ? together(store, titleOf(roles.active), [roles.active], 'raw', undefined, 1) : []),
  ];
}

function cpuChart(store: Store): ChartProps[] {
  const perCore = familyNamed(store, 'kymo_system_cpu_core_ratio');
  if (!perCore) return [];
  const lines = perCore.series.length > MOST_LINES
    ? [familyLine(store, familyNamed(store, 'kymo_system_cpu_ratio') ?? perCore, 'raw', 'all cores')]
    : seriesLines(store, perCore, 'raw', MOST_LINES);
  return chart('CPU per core', 'ratio', [perCore], lines, 1);
}

function pressureChart(store: Store): ChartProps[] {
  const family = familyNamed(store, 'kymo_system_pressure_ratio');
  const waiting = family?.series.filter((series) => series.labels.kind === 'some') ?? [];
  const lines = waiting.map((series) => seriesLine(store, series, 'raw', series.labels.resource ?? ''));
  return family ? chart('Pressure: some task waited', 'ratio', [family], lines, 0.1) : [];
}

/** Further charts for a process without its own metrics. */
function processCharts(store: Store): ChartProps[] {
  const single = (title: string, name: string, view: View) => together(store, title, named(store, name), view);
  return [
    ...single('Open files', 'process_open_fds', 'raw'),
    ...single('Threads', 'process_threads', 'raw'),
    ...single('Requests for metrics', 'kymo_http_requests', 'rate'),
  ];
}

function hostCharts(store: Store): ChartProps[] {
  const memory = named(store, 'process_resident_memory_bytes', 'process_proportional_memory_bytes');
  const network = named(store, 'kymo_system_network_receive_bytes_per_second', 'kymo_system_network_transmit_bytes_per_second');
  const own = named(store, 'kymo_process_cpu_ratio', 'kymo_system_effective_cores');
  return [
    ...cpuChart(store),
    ...together(store, 'CPU in cores', own, 'raw', ['this process', 'host']).map((props) => ({ ...props, unit: 'cores' })),
    ...together(store, 'Memory of this process', memory, 'raw', ['resident', 'proportional']),
    ...together(store, 'Network of the host', network, 'raw', ['in', 'out']),
    ...pressureChart(store),
  ];
}

export function overviewCharts(store: Store, roles: Roles): ChartProps[] {
  return roles.hasApplication ? [...trafficCharts(store, roles), ...hostCharts(store)] : [...hostCharts(store), ...processCharts(store)];
}
