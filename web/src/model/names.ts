// Names of metrics, compared without dots and without `_total`, which registered names may have or lack.

import type { Family } from '../data/series';
import type { Store } from '../data/store';

export function plainName(name: string): string {
  return name.replace(/\./g, '_').replace(/_total$/, '');
}

const OWN = /^(kymo|node|process)_/;

/** True if the program itself registered it, not kymo. */
export function isApplication(family: Family): boolean {
  return !OWN.test(plainName(family.name));
}

/** The pack's part of a name: up to the first dot or underscore. */
/** The names of the stream pack have no common prefix. */
const STREAM = /^(active_sessions|asr_\w+|audio_(bytes_received|frames_dropped)|(inference|processing)_time_(ms|seconds)|processing_lag_seconds|queue_depth|ws_(connections|disconnects))$/;

export function packOf(family: Family): string {
  const plain = plainName(family.name);
  if (STREAM.test(plain)) return 'stream';
  const pack = plain.slice(0, Math.max(plain.indexOf('_'), 0)) || plain;
  return pack === 'event' || plain.startsWith('errors_event') ? 'events' : pack;
}

/** The family of that plain name. */
export function familyNamed(store: Store, ...plainNames: string[]): Family | undefined {
  for (const plain of plainNames) {
    for (const family of store.families.values()) if (plainName(family.name) === plain) return family;
  }
  return undefined;
}

export function familiesLike(store: Store, pattern: RegExp, accept: (family: Family) => boolean = () => true): Family[] {
  return [...store.families.values()].filter((family) => pattern.test(plainName(family.name)) && accept(family));
}
