// A peer's state in shapes, words and figures.

import { amountText, scoreText } from '../format/numbers';
import { VerdictShape } from '../icons';
import { levelOf, type Peer, type PeerStatus, type Trend } from '../model/peers';

export function StatusBadge({ status }: { status: PeerStatus }) {
  return <span class="state"><VerdictShape level={levelOf(status)} />{status}</span>;
}

const ARROWS: Record<Trend, string> = { improving: '↗', stable: '→', degrading: '↘' };

function TrendArrow({ trend }: { trend: Trend }) {
  return <span class={`trend trend-${trend}`} title={trend}><span aria-hidden="true">{ARROWS[trend]}</span><span class="hidden">{trend}</span></span>;
}

export function Quality({ peer }: { peer: Peer }) {
  if (peer.quality === null) return <>–</>;
  return <span class="quality" title={peer.qualityReason || undefined}><span class="quiet">{peer.qualityLabel}</span> {scoreText(peer.quality)} <TrendArrow trend={peer.trend} /></span>;
}

export const millisecondsText = (value: number | null): string => amountText(value, 'milliseconds');
export const percentText = (value: number | null): string => amountText(value === null ? null : value / 100, 'ratio');
/** A mean opinion, 1 to 5. */
export const opinionText = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
