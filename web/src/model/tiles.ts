// The eight figures of the first screen, chosen by what the server has.

import type { Family } from '../data/series';
import type { Store } from '../data/store';
import { climbing, familyLine, sumLine, unitOf, type Line, type View } from './lines';
import { familyNamed, isApplication } from './names';
import { titleOf, type Roles } from './roles';

export interface Tile {
  readonly title: string;
  /** Source of the figure. */
  readonly source: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** The value is a share of this. */
  readonly limit?: { readonly unit: string; readonly now: () => number | null };
}

function familyTile(store: Store, title: string, family: Family | undefined, view: View): Tile | null {
  if (!family) return null;
  return { title, source: family.name, unit: unitOf(family, view), lines: [familyLine(store, family, view)] };
}

function growthTile(store: Store, title: string, families: readonly Family[]): Tile | null {
  if (families.length === 0) return null;
  const lines = families.map((family) => climbing(familyLine(store, family, 'rate')));
  return { title, source: families.map((family) => family.name).join(', '), unit: '/s', lines: [sumLine(title, lines)] };
}

const trafficTitle = (family: Family) => !isApplication(family) ? 'HTTP requests' : /event/.test(family.name) ? 'Events' : /request/.test(family.name) ? 'Requests' : titleOf(family);
const activeTitle = (family: Family) => !isApplication(family) ? 'HTTP connections' : /session/.test(family.name) ? 'Sessions' : /client/.test(family.name) ? 'Clients' : 'Connections';

function networkTile(store: Store): Tile | null {
  const received = familyNamed(store, 'kymo_system_network_receive_bytes_per_second');
  const sent = familyNamed(store, 'kymo_system_network_transmit_bytes_per_second');
  if (!received || !sent) return null;
  return {
    title: 'Network in · out',
    source: `${received.name}, ${sent.name}`,
    unit: 'bytes_per_second',
    lines: [familyLine(store, received, 'raw', 'in'), familyLine(store, sent, 'raw', 'out')],
  };
}


function currentSum(store: Store, name: string): number | null {
  const family = familyNamed(store, name);
  const at = store.timeline.end - 1;
  const value = family?.series[0]?.column('value')?.values[at];
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** CPU and memory of the process with their limits. */
function processTiles(store: Store): Array<Tile | null> {
  const cpu = familyTile(store, 'CPU', familyNamed(store, 'kymo_process_cpu_ratio'), 'raw');
  const memory = familyTile(store, 'Memory', familyNamed(store, 'process_resident_memory_bytes'), 'raw');
  return [
    cpu && { ...cpu, unit: 'cores', limit: { unit: 'cores', now: () => currentSum(store, 'kymo_system_cpu_limit_cores') } },
    memory && { ...memory, limit: { unit: 'bytes', now: () => currentSum(store, 'kymo_system_memory_limit_bytes') } },
  ];
}

export function tilesOf(store: Store, roles: Roles): Tile[] {
  const losses = roles.drops.length > 0 ? roles.drops : [familyNamed(store, 'kymo_series_overflowed')].filter((family) => family !== undefined);
  const tiles = [
    roles.traffic ? familyTile(store, trafficTitle(roles.traffic), roles.traffic, 'rate') : null,
    growthTile(store, roles.errors.length > 0 ? 'Errors' : 'Bad requests', roles.errors.length > 0 ? roles.errors.slice(0, 1) : [familyNamed(store, 'kymo_http_requests_bad')].filter((family) => family !== undefined)),
    roles.active ? familyTile(store, activeTitle(roles.active), roles.active, 'raw') : null,
    familyTile(store, roles.latency && !isApplication(roles.latency) ? 'Tick p95' : 'Latency p95', roles.latency, 'p95'),
    ...processTiles(store),
    networkTile(store),
    growthTile(store, roles.drops.length > 0 ? 'Drops' : 'Series over limit', losses),
  ];
  return tiles.filter((tile) => tile !== null);
}
