// Families by pack: those of the program first, the host's and kymo's own after them.

import type { Family } from '../data/series';
import type { Store } from '../data/store';
import { isApplication, packOf } from './names';

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly families: readonly Family[];
  readonly openAtFirst: boolean;
}

const TITLES: Record<string, string> = {
  http: 'HTTP', udp: 'UDP', websocket: 'WebSocket', webrtc: 'WebRTC', stt: 'Speech recognition', llm: 'Language models',
  tts: 'Speech synthesis', stream: 'Session streams', process: 'This process', node: 'Host', kymo: 'kymo itself',
};
const OWN_ORDER = ['process', 'kymo', 'node'];
const MOST_OPEN = 6;

function titleOf(pack: string): string {
  return Object.hasOwn(TITLES, pack) ? (TITLES[pack] ?? pack) : pack.charAt(0).toUpperCase() + pack.slice(1);
}

function byPack(families: Iterable<Family>): Map<string, Family[]> {
  const packs = new Map<string, Family[]>();
  for (const family of families) {
    const pack = packOf(family);
    const members = packs.get(pack) ?? [];
    members.push(family);
    packs.set(pack, members);
  }
  return packs;
}

export function sectionsOf(store: Store): Section[] {
  const packs = byPack([...store.families.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
  const isOwn = (pack: string) => !packs.get(pack)?.some(isApplication);
  const names = [...packs.keys()].filter((pack) => !isOwn(pack)).sort();
  const own = OWN_ORDER.filter((pack) => packs.has(pack) && isOwn(pack));
  return [...names, ...own].map((name, i) => ({
    name,
    title: titleOf(name),
    families: packs.get(name) ?? [],
    openAtFirst: i < Math.min(names.length, MOST_OPEN),
  }));
}
