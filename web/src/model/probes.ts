// Turns the probes of one peer into columns of a chart: time, latency, jitter and loss.

import type { Points } from '../data/derive';
import { fields, isFields, moment, number } from '../protocol/fields';

export interface Probe {
  readonly time: number;
  /** Null: no answer. */
  readonly latencyMs: number | null;
}

export interface ProbeColumns {
  readonly times: readonly number[];
  /** All in seconds, but the loss, which is a share. */
  readonly latency: Points;
  readonly change: Points;
  readonly loss: Points;
}

/** Probes are sometimes late; a longer silence is a gap. */
const SILENCE = 2.6;
/** Loss is over this many probes up to the point. */
export const LOSS_OF = 20;

export function parseProbes(answer: unknown): readonly Probe[] | null {
  if (!isFields(answer) || !Array.isArray(answer.points)) return null;
  const probes = answer.points.flatMap((value: unknown) => {
    const point = fields(value);
    const time = moment(point.timestamp);
    return time === null ? [] : [{ time, latencyMs: number(point.latency_ms) }];
  });
  return probes.sort((a, b) => a.time - b.time);
}

/** The usual time between probes. */
function usualWait(probes: readonly Probe[]): number {
  const waits = probes.slice(1).map((probe, i) => probe.time - (probes[i]?.time ?? 0)).sort((a, b) => a - b);
  return waits[waits.length >> 1] ?? Infinity;
}

function lossUntil(probes: readonly Probe[], at: number): number | null {
  if (at + 1 < LOSS_OF) return null;
  const last = probes.slice(at + 1 - LOSS_OF, at + 1);
  return last.filter(({ latencyMs }) => latencyMs === null).length / LOSS_OF;
}

/** A gap where a probe had no answer, or none was sent for a while. */
export function columnsOf(probes: readonly Probe[]): ProbeColumns {
  const silence = usualWait(probes) * SILENCE;
  const times: number[] = [];
  const latency: Points = [];
  const change: Points = [];
  const loss: Points = [];
  const add = (time: number, ...[ofLatency, ofChange, ofLoss]: [number | null, number | null, number | null]) => {
    times.push(time);
    latency.push(ofLatency);
    change.push(ofChange);
    loss.push(ofLoss);
  };
  probes.forEach(({ time, latencyMs }, at) => {
    const before = probes[at - 1];
    if (before && time - before.time > silence) add((before.time + time) / 2, null, null, null);
    const isChange = latencyMs !== null && before !== undefined && before.latencyMs !== null && time - before.time <= silence;
    add(time, latencyMs === null ? null : latencyMs / 1000, isChange ? Math.abs(latencyMs - (before.latencyMs ?? 0)) / 1000 : null, lossUntil(probes, at));
  });
  return { times, latency, change, loss };
}
