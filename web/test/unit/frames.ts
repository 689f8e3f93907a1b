// Frames as a server would send them, for tests of what is made of them.

import { Store } from '../../src/data/store';
import type { Delta, Full, Kind, Labels, Value } from '../../src/protocol/messages';

export interface MadeSeries {
  readonly name: string;
  readonly kind?: Kind;
  readonly unit?: string;
  readonly labels?: Labels;
  readonly v: Value;
}

export function full(seq: number, time: number, made: readonly MadeSeries[]): Full {
  const families = new Map<string, Full['families'][number]>();
  made.forEach(({ name, kind = 'counter', unit = '', labels = {}, v }, id) => {
    const family = families.get(name) ?? { id: families.size, name, kind, unit, help: '', series: [] };
    family.series?.push({ id, labels, v });
    families.set(name, family);
  });
  return { type: 'full', seq, time, uptime_seconds: seq, families: [...families.values()] };
}

export function delta(seq: number, time: number, values: ReadonlyArray<readonly [number, Value]>, more: Partial<Delta> = {}): Delta {
  return { type: 'delta', seq, time, uptime_seconds: seq, values: [...values], ...more };
}

export function hello(instance = 'a', time = 0) {
  return { type: 'hello', protocol: 1, server: 'kymo/0.1.0', instance, time, rate_hz: 1, tick_seconds: 1 } as const;
}

/** A store that was told the values of one counter, a second apart. */
export function storeOfCounter(values: readonly number[], name = 'c'): Store {
  const store = new Store();
  store.hello(hello());
  store.full(full(0, 1000, [{ name, v: values[0] ?? 0 }]));
  values.slice(1).forEach((v, i) => store.delta(delta(i + 1, 1001 + i, [[0, v]])));
  return store;
}
