// The results of a peer's probes, as kept by the server.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { PastTime } from '../charts/chart_time';
import { Sparkline } from '../charts/sparkline';
import { columnsOf, parseProbes, type Probe } from '../model/probes';
import { page } from '../page';
import { fromJson, lastKnown, type Answer } from '../protocol/ask';
import { usePolled, type Polling } from './polled';

const READ = fromJson(parseProbes);
const SPARKLINE_SECONDS = 300;
const SPARKLINE_EVERY_MS = 5000;
/** Minimum range of the charts. */
const LEAST_SHOWN_SECONDS = 30;

export function peerAddress(id: string): string {
  return `api/metrics/peers/${encodeURIComponent(id)}`;
}

export interface PeerPast {
  readonly answer: Answer<readonly Probe[]>;
  readonly time: PastTime;
}

/** The last `seconds`, until the server's last frame: a peer that is probed no longer has an end. */
export function usePeerPast(id: string, seconds: number, polling: Polling = {}): PeerPast {
  const answer = usePolled(`${peerAddress(id)}/latency?duration=${seconds}s`, READ, polling);
  const time = useMemo(() => new PastTime(), [id]);
  const probes = lastKnown(answer);
  useEffect(() => {
    if (!probes) return;
    const { times, latency, change, loss } = columnsOf(probes);
    const now = Math.max(page.store.timeline.lastTime || 0, times[times.length - 1] ?? 0);
    const known = Math.max(now - (times[0] ?? now), LEAST_SHOWN_SECONDS);
    time.set(times, [latency, change, loss], [now - Math.min(seconds, known), now]);
  }, [time, probes, seconds]);
  return { answer, time };
}

/** True if an element is on the screen, or nearly. */
function useInSight(): { target: (element: HTMLElement | null) => void; isInSight: boolean } {
  const [isInSight, setInSight] = useState(false);
  const observer = useRef<IntersectionObserver | null>(null);
  const target = useMemo(() => (element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new IntersectionObserver((changes) => setInSight(changes.some((change) => change.isIntersecting)), { rootMargin: '50px' });
    observer.current.observe(element);
  }, []);
  return { target, isInSight };
}

/** Of the last five minutes; requested while visible. */
export function LatencySparkline({ id }: { id: string }) {
  const { target, isInSight } = useInSight();
  const { time } = usePeerPast(id, SPARKLINE_SECONDS, { everyMs: SPARKLINE_EVERY_MS, when: isInSight });
  const lines = useMemo(() => [time.line('Latency', 0)], [time]);
  return <span class="cell-sparkline" ref={target}><Sparkline lines={lines} time={time} /></span>;
}
