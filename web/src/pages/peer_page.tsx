// One peer: its quality now and over time, and the parts of its score.

import { useMemo } from 'preact/hooks';
import { Bar } from '../charts/bar';
import { HourBars } from '../charts/hour_bars';
import { TimeChart } from '../charts/time_chart';
import { amountText, clockText, durationText, scoreText } from '../format/numbers';
import { readable } from '../format/readable';
import { parseHourly, parsePeer, voiceWords, type Peer } from '../model/peers';
import { LOSS_OF } from '../model/probes';
import { fromJson, lastKnown, type Answer } from '../protocol/ask';
import { changeSettings, linkTo, place } from '../routing';
import { millisecondsText, opinionText, percentText, Quality, StatusBadge } from './peer_badges';
import { peerAddress, usePeerPast } from './peer_latency';
import { usePolled } from './polled';

const READ_PEER = fromJson(parsePeer);
const READ_HOURLY = fromJson(parseHourly);
const HOURLY_EVERY_MS = 30_000;

const STRETCHES: ReadonlyArray<readonly [seconds: number, text: string]> = [[300, '5 min'], [900, '15 min'], [3600, '1 h']];
const USUAL_STRETCH = 300;

function Stretch({ seconds }: { seconds: number }) {
  return (
    <div class="segments" role="group" aria-label="How far charts reach back">
      {STRETCHES.map(([one, text]) => (
        <button key={one} type="button" aria-pressed={one === seconds} onClick={() => changeSettings({ back: one === USUAL_STRETCH ? '' : String(one) })}>{text}</button>
      ))}
    </div>
  );
}

function Charts({ id }: { id: string }) {
  const seconds = STRETCHES.find(([one]) => String(one) === place.value.settings.back)?.[0] ?? USUAL_STRETCH;
  const { answer, time } = usePeerPast(id, seconds);
  const lines = useMemo(() => [[time.line('Latency', 0)], [time.line('Change', 1)], [time.line('Loss', 2)]] as const, [time]);
  const hasProbes = (lastKnown(answer)?.length ?? 0) > 0;
  return (
    <section class="panel" aria-labelledby="probes">
      <div class="title-row"><h2 id="probes">Probes</h2><Stretch seconds={seconds} /></div>
      {answer.kind === 'known' && !hasProbes && <p class="card quiet">No probe was sent in that time.</p>}
      <div class="charts three">
        <TimeChart title="Latency" unit="seconds" lines={lines[0]} time={time} note="A gap: probes without an answer, or none sent." />
        <TimeChart title="Jitter" unit="seconds" lines={lines[1]} time={time} note="By how much an answer took longer or shorter than the one before." />
        <TimeChart title="Loss" unit="ratio" lines={lines[2]} time={time} atLeast={0.05} note={`Share of unanswered probes among the last ${LOSS_OF}.`} />
      </div>
    </section>
  );
}

type Fact = readonly [name: string, value: string];

function FactList({ title, facts }: { title: string; facts: readonly Fact[] }) {
  const known = facts.filter(([, value]) => value !== '' && value !== '–');
  if (known.length === 0) return null;
  return (
    <section class="card panel" aria-label={title}>
      <h2>{title}</h2>
      <dl class="facts">{known.map(([name, value]) => <div key={name}><dt>{name}</dt><dd class="number">{value}</dd></div>)}</dl>
    </section>
  );
}

function latencyFacts({ latency, jitterMs, interarrivalJitterMs, lossPercent, lastSeen, uptimeSeconds, probesSent, probesAnswered, probesLimited }: Peer): Fact[] {
  return [
    ['Latency now', latency.current === null && probesSent ? 'no answer' : millisecondsText(latency.current)],
    ['on average', millisecondsText(latency.average)],
    ['at least', millisecondsText(latency.least)],
    ['at most', millisecondsText(latency.most)],
    ['p95', millisecondsText(latency.p95)],
    ['Jitter (deviation)', millisecondsText(jitterMs)],
    ['Jitter (interarrival)', millisecondsText(interarrivalJitterMs)],
    ['Loss', percentText(lossPercent)],
    ['Probes answered', probesSent === null ? '' : `${probesAnswered ?? 0} of ${probesSent}`],
    ['Limited by the peer', probesLimited ? amountText(probesLimited) : ''],
    ['Connected for', uptimeSeconds === null ? '' : durationText(uptimeSeconds)],
    ['Last seen', lastSeen === null ? '' : clockText(lastSeen)],
  ];
}

function trafficFacts(peer: Peer): Fact[] {
  return [
    ['Sending', amountText(peer.sentPerSecond, 'bytes_per_second')],
    ['Receiving', amountText(peer.receivedPerSecond, 'bytes_per_second')],
    ['Sent', amountText(peer.bytesSent, 'bytes')],
    ['Received', amountText(peer.bytesReceived, 'bytes')],
    ['Packets sent', amountText(peer.packetsSent)],
    ['Packets received', amountText(peer.packetsReceived)],
  ];
}

function voiceFacts({ mos, rFactor }: Peer): Fact[] {
  if (rFactor === null) return [['MOS', opinionText(mos)]];
  return [['MOS', opinionText(mos)], ['R-factor', scoreText(rFactor, 1)], ['By ITU-T G.107', voiceWords(rFactor)]];
}

function PathParts({ peer }: { peer: Peer }) {
  if (peer.pathParts.length === 0) return null;
  return (
    <section class="card panel" aria-label="Path score">
      <h2>Path score{peer.pathScore !== null && <>: {scoreText(peer.pathScore)} of 100</>}{peer.grade !== '' && `, grade ${peer.grade}`}</h2>
      {peer.pathScore5m !== null && <p class="quiet number">{scoreText(peer.pathScore5m)} on average in the last 5 min</p>}
      <table class="parts">
        <thead><tr><th scope="col">Part</th><th scope="col" class="number">Counts for</th><th scope="col" class="number">Score</th></tr></thead>
        <tbody>
          {peer.pathParts.map(({ title, weight, score }) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              <td class="number">{amountText(weight, 'ratio')}</td>
              <td class="number"><span class="fill"><Bar share={score / 100} isGood /><span class="fill-text">{scoreText(score)}</span></span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Missing({ answer, id }: { answer: Answer<Peer>; id: string }) {
  switch (answer.kind) {
    case 'missing': return <p class="waiting">This server has no peer <b>{readable(id)}</b>. <a href={linkTo('peers')}>All its peers</a></p>;
    case 'failed': return <p class="waiting" role="status">The server does not send the peer: {answer.why}. Asking again each second.</p>;
    default: return <p class="waiting">Asking for the peer …</p>;
  }
}

export function PeerPage({ id }: { id: string }) {
  const answer = usePolled(peerAddress(id), READ_PEER, { whereMissingMs: 1000 });
  const hours = lastKnown(usePolled(`${peerAddress(id)}/hourly`, READ_HOURLY, { everyMs: HOURLY_EVERY_MS }));
  const peer = lastKnown(answer);
  return (
    <>
      <p class="above-title"><a href={linkTo('peers')}>All peers</a></p>
      <div class="title-row">
        <h1 class="page-title">Peer {peer?.name ?? readable(id)}</h1>
        {peer && <StatusBadge status={peer.status} />}
        {peer && <Quality peer={peer} />}
        {peer && peer.qualityReason !== '' && <p class="quiet">{peer.qualityReason}</p>}
        {peer && answer.kind === 'failed' && <p class="quiet" role="status">The server does not send the peer: {answer.why}. These are the last figures.</p>}
      </div>
      {peer ? (
        <>
          <FactList title="Latency" facts={latencyFacts(peer)} />
          <Charts id={id} />
          {hours && hours.length > 0 && <HourBars title="Path score, by hour" hours={hours} />}
          <div class="side-by-side">
            <PathParts peer={peer} />
            <FactList title="Voice over this path" facts={voiceFacts(peer)} />
            <FactList title="Traffic" facts={trafficFacts(peer)} />
          </div>
        </>
      ) : <Missing answer={answer} id={id} />}
    </>
  );
}
