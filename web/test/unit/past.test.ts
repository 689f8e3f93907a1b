import assert from 'node:assert/strict';
import { test } from 'node:test';
import { negativeBucket, ZERO_BUCKET } from '../../src/data/buckets';
import { Past } from '../../src/data/past';
import { climbing, familyLine, seriesLines, sumLine, type View } from '../../src/model/lines';
import { numbersOf, parseRange, type RangeAnswer, type RangeRequest } from '../../src/protocol/prometheus';
import type { Answer } from '../../src/protocol/ask';
import { Store } from '../../src/data/store';
import { full, hello, type MadeSeries } from './frames';

function storeOf(...made: MadeSeries[]): Store {
  const store = new Store();
  store.hello(hello());
  store.full(full(0, 1000, made));
  return store;
}

const familyOf = (store: Store) => {
  const [family] = store.families.values();
  assert.ok(family);
  return family;
};
const pastOf = (made: MadeSeries, view: View, step = 1) => {
  const store = storeOf(made);
  return familyLine(store, familyOf(store), view).past?.({ step, tick: 1 });
};

test('each view of a family has a query that computes the same', () => {
  const v = { count: 0, sum: 0, buckets: [] };
  assert.equal(pastOf({ name: 'http.requests', v: 1 }, 'rate'), 'sum(irate(http_requests_total[4s]))');
  assert.equal(pastOf({ name: 'a_total', v: 1 }, 'rate', 30), 'sum(rate(a_total[30s]))');
  assert.equal(pastOf({ name: 'a', v: 1 }, 'raw'), 'sum(a_total)');
  assert.equal(pastOf({ name: 'a', kind: 'gauge', unit: 'bytes', v: 1 }, 'raw'), 'sum(a_bytes)');
  assert.equal(pastOf({ name: 'a', kind: 'gauge', v: 1 }, 'rate', 10), 'sum(delta(a[10s]) / 10)');
  assert.equal(pastOf({ name: 'h.duration', kind: 'histogram', unit: 'seconds', v }, 'p95'), 'histogram_quantile(0.95, sum(rate(h_duration_seconds[10s])))');
  assert.equal(pastOf({ name: 'h', kind: 'histogram', v }, 'mean', 60), 'histogram_avg(sum(rate(h[60s])))');
  assert.equal(pastOf({ name: 'h', kind: 'histogram', v }, 'rate', 60), 'sum(histogram_count(rate(h[60s])))');
  assert.equal(pastOf({ name: 'h', kind: 'histogram', v }, 'raw'), 'sum(histogram_count(h))');
  assert.equal(pastOf({ name: 'w', kind: 'window', v: { count: 0, sum: 0 } }, 'p99'), 'sum(w{quantile="0.99"})');
  assert.equal(pastOf({ name: 'w', kind: 'window', v: { count: 0, sum: 0 } }, 'mean'), null);
  assert.equal(pastOf({ name: 'x_ms', kind: 'gauge', v: 1 }, 'raw'), 'sum(x_ms)');
});

test('a series is selected by its labels, with empty ones where others of the family have more', () => {
  const store = storeOf({ name: 'a', v: 1 }, { name: 'a', labels: { kind: 'say "no"\\' }, v: 1 }, { name: 'a', labels: { kind: 'x', 'other.key': 'y' }, v: 1 });
  const family = familyOf(store);
  assert.deepEqual(seriesLines(store, family, 'raw', 8).map((line) => line.past?.({ step: 1, tick: 1 })), [
    'sum(a_total{kind="",other_key=""})', 'sum(a_total{kind="say \\"no\\"\\\\",other_key=""})', 'sum(a_total{kind="x",other_key="y"})',
  ]);
  assert.equal(familyLine(store, family, 'raw').past?.({ step: 1, tick: 1 }), 'sum(a_total{kind="",other_key=""})');
  const line = climbing(familyLine(store, family, 'raw'));
  assert.equal(sumLine('', [line]).past?.({ step: 1, tick: 1 }), 'clamp_min(sum(a_total{kind="",other_key=""}), 0)');
});

/** A history in which each moment has its own number as value. */
class StandIn {
  readonly asked: RangeRequest[] = [];
  answer: ((request: RangeRequest) => Answer<RangeAnswer>) | undefined;
  private waiting: Array<() => void> = [];

  ask = (request: RangeRequest): Promise<Answer<RangeAnswer>> => {
    this.asked.push(request);
    return new Promise((resolve) => { this.waiting.push(() => resolve(this.answer?.(request) ?? countedUp(request))); });
  };

  async answerAll(): Promise<void> {
    await Promise.resolve();
    for (const answer of this.waiting.splice(0)) answer();
    await new Promise((resolve) => { setImmediate(resolve); });
  }

  get running(): number {
    return this.waiting.length;
  }
}

function countedUp({ start, end, step }: RangeRequest): Answer<RangeAnswer> {
  const points: Array<[number, number]> = [];
  for (let time = start; time <= end; time += step) points.push([time, time]);
  return { kind: 'known', value: { series: [{ labels: {}, points, histograms: [] }], annotations: [] } };
}

test('what is missing is requested once, and joined on both sides', async () => {
  const server = new StandIn();
  const past = new Past(server.ask, numbersOf);
  const read = (first: number, last: number) => past.read('a', { step: 10, first, last }, 10);
  assert.deepEqual(read(10, 12).values, []);
  read(10, 12);
  await server.answerAll();
  assert.deepEqual([read(10, 12).first, read(10, 12).values], [10, [100, 110, 120]]);
  read(9, 13);
  await server.answerAll();
  read(9, 13);
  await server.answerAll();
  assert.deepEqual([read(9, 13).first, read(9, 13).values], [9, [90, 100, 110, 120, 130]]);
  assert.deepEqual(server.asked.map(({ start, end }) => [start, end]), [[100, 120], [90, 90], [130, 130]]);
  read(100, 101);
  await server.answerAll();
  assert.deepEqual([read(100, 101).first, read(100, 101).values], [100, [1000, 1010]]);
});

test('a few queries run at once, and all of them get an answer', async () => {
  const server = new StandIn();
  const past = new Past(server.ask, numbersOf);
  const queries = Array.from({ length: 11 }, (_, i) => `q${i}`);
  const known = () => queries.filter((query) => past.read(query, { step: 1, first: 0, last: 1 }, 1).values.length > 0).length;
  assert.equal(known(), 0);
  await Promise.resolve();
  assert.equal(server.running, 4);
  for (let i = 0; i < 3; i++) await server.answerAll();
  assert.equal(known(), 11);
  assert.equal(server.asked.length, 11);
});

test('a moment without a value is a gap', async () => {
  const server = new StandIn();
  const past = new Past(server.ask, numbersOf);
  server.answer = () => ({ kind: 'known', value: { series: [{ labels: {}, points: [[1, 5], [3, NaN], [4, Infinity]], histograms: [] }], annotations: [] } });
  past.read('a', { step: 1, first: 0, last: 4 }, 1);
  await server.answerAll();
  assert.deepEqual(past.read('a', { step: 1, first: 0, last: 4 }, 1).values, [null, 5, null, null, Infinity]);
});

test('a failure is told in words, and tried again later; a server without an address is not asked again', async () => {
  const server = new StandIn();
  let now = 0;
  const past = new Past(server.ask, numbersOf, () => now);
  const grid = { step: 1, first: 0, last: 1 };
  server.answer = () => ({ kind: 'failed', why: 'no answer' });
  past.read('a', grid, 1);
  await server.answerAll();
  assert.equal(past.read('a', grid, 1).fault, 'no answer');
  await server.answerAll();
  assert.equal(server.asked.length, 1);
  now = 11_000;
  server.answer = undefined;
  past.read('a', grid, 1);
  await server.answerAll();
  assert.deepEqual([past.read('a', grid, 1).fault, past.read('a', grid, 1).values], ['', [0, 1]]);
  server.answer = () => ({ kind: 'missing' });
  past.read('b', grid, 1);
  await server.answerAll();
  past.read('c', grid, 1);
  await server.answerAll();
  assert.equal(past.isMissing.value, true);
  assert.equal(server.asked.length, 3);
});

test('an answer of Prometheus: numbers as texts, warnings before infos; any other form is unknown', () => {
  const answer = { status: 'success', data: { resultType: 'matrix', result: [{ metric: { a: 'b' }, values: [[1.5, '2'], [2.5, '+Inf'], [3.5, 'NaN']] }] }, infos: ['i'], warnings: ['w'] };
  assert.deepEqual(parseRange(answer), { series: [{ labels: { a: 'b' }, points: [[1.5, 2], [2.5, Infinity], [3.5, NaN]], histograms: [] }], annotations: ['w', 'i'] });
  assert.equal(parseRange({ status: 'success', data: { resultType: 'vector', result: [] } }), null);
  assert.equal(parseRange([]), null);
});

test('buckets of the history become the coarser ones of the page, below zero by magnitude', () => {
  const buckets = [[0, '1', '1.0109', '2'], [0, '1.0109', '1.0219', '3'], [1, '-2', '-1.9785', '4'], [3, '-0.001', '0.001', '5']];
  const answer = { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, histograms: [[7, { count: '14', sum: '1', buckets }]] }] } };
  const histogram = parseRange(answer)?.series[0]?.histograms[0];
  assert.deepEqual(histogram, [7, { indices: [0, negativeBucket(7), ZERO_BUCKET], counts: [5, 4, 5] }]);
});

test('the first frame tells how far back the history goes', () => {
  const store = storeOf({ name: 'kymo_history_oldest_sample_timestamp_seconds', kind: 'gauge', unit: 'seconds', v: 400 });
  assert.equal(store.timeline.earliest, 400);
  assert.equal(storeOf({ name: 'a', v: 1 }).timeline.earliest, 1000);
});
