import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePastSessions } from '../../src/model/past_sessions';
import { filterPeers, labelOf, networkWords, parseHourly, parseNetwork, parsePeer, parsePeers, voiceWords } from '../../src/model/peers';
import { columnsOf, parseProbes } from '../../src/model/probes';
import { orderText, parseOrder, sorted } from '../../src/model/sorting';
import { hourlyAnswer, PAST_SESSIONS, peerAnswer, PEERS, probesAnswer } from '../peers.mjs';

test('a peer: all that a server tells of it', () => {
  const peer = parsePeer(peerAnswer({ peer_name: 'Anna' }));
  assert.ok(peer);
  assert.deepEqual([peer.id, peer.name, peer.status, peer.trend, peer.qualityLabel, peer.grade], ['anna', 'Anna', 'connected', 'stable', 'excellent', 'A']);
  assert.deepEqual(peer.latency, { current: 12.5, average: 12.1, least: 10.2, most: 31.9, p95: 14.9 });
  assert.deepEqual([peer.sentPerSecond, peer.receivedPerSecond, peer.mos, peer.rFactor, peer.pathScore, peer.pathScore5m], [131072, 98304, 4.39, 92.6, 91.4, 90.8]);
  assert.deepEqual(peer.pathParts.map(({ title, score }) => [title, score]), [['Latency', 93.8], ['Packet loss', 100], ['Jitter', 97.2], ['Bandwidth', 52.4], ['Stability', 99.9]]);
  assert.equal(peer.pathParts.reduce((sum, { weight }) => sum + weight, 0), 1);
});

test('a peer that is only probed: its other parts count for more, and a reason is told', () => {
  const peer = parsePeer(peerAnswer({ quality_reason: '33.3 % lost takes 35 of 100 points', uptime_seconds: null, path: { score: 100, grade: 'A', latency: 100, packet_loss: 100, jitter: 100, bandwidth: null, stability: 100 } }));
  assert.ok(peer);
  assert.deepEqual(peer.pathParts.map(({ title, weight }) => `${title} ${weight.toFixed(3)}`), ['Latency 0.353', 'Packet loss 0.294', 'Jitter 0.176', 'Stability 0.176']);
  assert.deepEqual([peer.qualityReason, peer.uptimeSeconds], ['33.3 % lost takes 35 of 100 points', null]);
  assert.equal(parsePeer(peerAnswer())?.qualityReason, '');
});

test('a peer of an older server: what it does not tell is not known', () => {
  const { path, voice, bandwidth, probes, rtt_ms, quality_label, interarrival_jitter_ms, ...older } = peerAnswer();
  void [path, voice, bandwidth, probes, rtt_ms, quality_label, interarrival_jitter_ms];
  const peer = parsePeer(older);
  assert.deepEqual([peer?.pathScore, peer?.pathParts, peer?.mos, peer?.sentPerSecond, peer?.probesSent, peer?.latency.p95, peer?.interarrivalJitterMs], [null, [], null, null, null, null, null]);
  assert.equal(peer?.qualityLabel, 'excellent');
});

test('a peer that nobody told traffic of has none that is known; one that is idle has', () => {
  const idle = { bandwidth: { sent_bytes_per_second: 0, received_bytes_per_second: 0 } };
  const none = parsePeer(peerAnswer({ ...idle, bytes_sent: 0, bytes_received: 0, packets_sent: 0, packets_received: 0 }));
  assert.deepEqual([none?.sentPerSecond, none?.bytesSent, none?.packetsReceived], [null, null, null]);
  const known = parsePeer(peerAnswer({ ...idle, bytes_sent: 5, bytes_received: 0, packets_sent: 0, packets_received: 0 }));
  assert.deepEqual([known?.sentPerSecond, known?.bytesSent, known?.bytesReceived, known?.packetsSent], [0, 5, 0, 0]);
});

test('an answer that is none, and odd ones, do no harm', () => {
  for (const answer of [null, 5, 'x', [], {}, { peers: {} }]) assert.equal(parsePeers(answer), null);
  assert.deepEqual(parsePeers({ peers: [null, 5, {}, { peer_id: 3 }] }), []);
  const odd = parsePeer({ peer_id: 'a', status: 'odd', quality_trend: 7, quality_score: 'NaN', latency_ms: [], jitter_ms: Infinity, last_seen: 'yesterday' });
  assert.deepEqual([odd?.name, odd?.status, odd?.trend, odd?.quality, odd?.latency.current, odd?.jitterMs, odd?.lastSeen], ['a', 'disconnected', 'stable', null, null, null, null]);
});

test('labels by the limits of the library', () => {
  assert.deepEqual([null, 100, 80, 79.9, 60, 59.9, 40, 39.9, 0].map(labelOf), ['', 'excellent', 'excellent', 'good', 'good', 'fair', 'fair', 'poor', 'poor']);
  assert.deepEqual([93, 90, 89, 80, 70, 60, 59, 49].map(voiceWords).map((words) => words.split(' ').slice(0, 2).join(' ')), ['users are', 'users are', 'users are', 'users are', 'some users', 'many users', 'nearly all', 'not recommended']);
});

test('the network in words', () => {
  const words = (grade: string | null) => networkWords(parseNetwork({ score: 1, grade, peers: 2, connected: 1 }) ?? assert.fail());
  assert.deepEqual(['A', 'B', 'C', 'D', 'F', null].map((grade) => words(grade)), [
    { words: 'excellent', level: 'well' }, { words: 'good', level: 'well' }, { words: 'fair', level: 'degraded' }, { words: 'poor', level: 'degraded' }, { words: 'bad', level: 'unwell' }, { words: 'not known yet', level: 'unknown' },
  ]);
  assert.equal(parseNetwork({ score: 1 }), null);
});

test('peers are found by words of name and id, and by state', () => {
  const peers = parsePeers({ peers: PEERS }) ?? [];
  const found = (words: string[], status = '') => filterPeers(peers, words, status).map(({ name }) => name);
  assert.deepEqual(found(['an']), ['Anna']);
  assert.deepEqual(found([], 'degraded'), ['Carl']);
  assert.deepEqual(found(['a', 'd']), ['Dora']);
});

test('rows in order: what is not known last either way, rows alike as they were', () => {
  const rows = [['a', 3], ['b', null], ['c', 1], ['d', 3]] as const;
  const names = (descending: boolean) => sorted(rows, ([, value]) => value, descending).map(([name]) => name).join('');
  assert.equal(names(true), 'adcb');
  assert.equal(names(false), 'cadb');
  assert.deepEqual(sorted(['p10', 'p9', 'P1'], (name) => name, false), ['P1', 'p9', 'p10']);
});

test('an order is read from the address, and an odd one is the usual', () => {
  const usual = { key: 'total', descending: true };
  for (const text of ['-calls', 'calls']) assert.equal(orderText(parseOrder(text, ['calls', 'total'], usual)), text);
  for (const text of [undefined, '', '-', '--calls', 'constructor']) assert.equal(parseOrder(text, ['calls', 'total'], usual), usual);
});

const probes = (...latencies: ReadonlyArray<readonly [time: number, latencyMs: number | null]>) => latencies.map(([time, latencyMs]) => ({ time, latencyMs }));

test('probes without an answer are gaps, of jitter on both sides', () => {
  const { times, latency, change, loss } = columnsOf(probes([1, 10], [2, 12], [3, null], [4, 9], [5, 10]));
  assert.deepEqual(times, [1, 2, 3, 4, 5]);
  assert.deepEqual(latency, [0.01, 0.012, null, 0.009, 0.01]);
  assert.deepEqual(change.map((value) => value && Math.round(value * 1000)), [null, 2, null, null, 1]);
  assert.deepEqual(loss, [null, null, null, null, null]);
});

test('where nothing was sent for a while there is a gap too', () => {
  const { times, latency, change } = columnsOf(probes([1, 10], [2, 10], [3, 10], [13, 11], [14, 12]));
  assert.deepEqual(times, [1, 2, 3, 8, 13, 14]);
  assert.deepEqual(latency, [0.01, 0.01, 0.01, null, 0.011, 0.012]);
  assert.deepEqual(change.map((value) => value && Math.round(value * 1000)), [null, 0, 0, null, null, 1]);
});

test('loss is of the last twenty probes', () => {
  const { loss } = columnsOf(probes(...Array.from({ length: 30 }, (_, i) => [i, i >= 25 ? null : 5] as const)));
  assert.deepEqual(loss.slice(18), [null, 0, 0, 0, 0, 0, 0, 0.05, 0.1, 0.15, 0.2, 0.25]);
});

test('probes are read in their order of time', () => {
  const read = parseProbes({ points: [{ timestamp: '2026-01-01T00:00:02Z', latency_ms: 5 }, { timestamp: '2026-01-01T00:00:01.5Z', latency_ms: null }, { timestamp: 'x' }, 7] });
  assert.deepEqual(read?.map(({ time, latencyMs }) => [time % 10, latencyMs]), [[1.5, null], [2, 5]]);
  assert.equal(parseProbes({}), null);
  assert.equal(parseProbes(probesAnswer('a', { count: 7, lostEvery: 2 }))?.filter(({ latencyMs }) => latencyMs === null).length, 4);
  assert.deepEqual(columnsOf([]).times, []);
});

test('hours: those that are known', () => {
  const hours = parseHourly(hourlyAnswer('a', 1_800_000_000)) ?? [];
  assert.equal(hours.length, 21);
  assert.ok(hours.every(({ least, average, most }) => least <= average && average <= most));
  assert.deepEqual(parseHourly({ hours: [{}, { begin: '2026-01-01T00:00:00Z', min: 1, max: 2 }] }), []);
});

test('sessions between peers', () => {
  const [open, cut] = parsePastSessions({ sessions: PAST_SESSIONS }) ?? [];
  assert.deepEqual([open?.name, open?.kind, open?.end, open?.seconds, open?.peers.length, open?.average, open?.isInterrupted], ['Friday night', 'game', null, 1260, 2, 14.8, false]);
  assert.deepEqual([cut?.least, cut?.isInterrupted], [null, true]);
  assert.equal(parsePastSessions({ sessions: 4 }), null);
});
