// How a peer is, in shapes, words and figures.

import { amountText } from '../format/numbers';
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
  return <span class="quality" title={peer.qualityReason || undefined}><span class="quiet">{peer.qualityLabel}</span> {Math.round(peer.quality)} <TrendArrow trend={peer.trend} /></span>;
}

/** Milliseconds with a fixed number of decimals, so that columns do not jump; what is less in its own unit. */
export function millisecondsText(value: number | null): string {
  if (value === null) return '–';
  if (value > 0 && value < 1) return amountText(value / 1000, 'seconds');
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}


export const percentText = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} %`);
export const scoreText = (value: number | null): string => (value === null ? '–' : value.toFixed(0));
