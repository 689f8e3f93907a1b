import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BucketSum, BucketTrack, bucketEdges, bucketTotals, growth, negativeBucket, ZERO_BUCKET } from '../../src/data/buckets';
import { quantiles, rates, sum, summands, values } from '../../src/data/derive';
import { seriesKey } from '../../src/data/series';
import { Store } from '../../src/data/store';
import { Column, Timeline } from '../../src/data/timeline';
import { delta, full, hello, storeOfCounter } from './frames';

const only = (store: Store) => {
  const [series] = store.series.values();
  assert.ok(series);
  return series;
};
const allValues = (store: Store) => values(only(store), 'value', store.timeline.begin, store.timeline.end);
const allRates = (store: Store) => rates(store.timeline, only(store), 'value', store.timeline.begin, store.timeline.end);

/** A counter that grows by 10 where `changes` says so, ten frames a second for four seconds. */
function tenHertz(changes: (frame: number) => boolean): Store {
  const store = new Store();
  let value = 0;
  store.full(full(1, 10, [{ name: 'a', v: value }]));
  for (let i = 1; i <= 40; i++) store.delta(delta(1 + i, 10 + i / 10, changes(i) ? [[0, (value += 10)]] : []));
  return store;
}

test('a delta changes what it names; the rest goes on', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', v: 1 }, { name: 'b', kind: 'gauge', v: 5 }]));
  store.delta(delta(2, 11, [[1, 6]]));
  const [a, b] = [...store.series.values()];
  assert.ok(a && b);
  assert.deepEqual(values(a, 'value', 0, 2), [1, 1]);
  assert.deepEqual(values(b, 'value', 0, 2), [5, 6]);
});

test('rates: growth a second, and a counter that fell counts from 0', () => {
  assert.deepEqual(allRates(storeOfCounter([10, 30, 30, 5, 6])), [null, 20, 0, 5, 1]);
});

test('rates are by time, where frames were joined', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', v: 0 }]));
  store.delta(delta(3, 12, [[0, 10]]));
  assert.deepEqual(allRates(store), [null, 5]);
});

test('what changes once a second has a rate of a second, however fast frames come, and however late the changes', () => {
  const store = tenHertz((i) => i % 10 === [0, 2, 1, 0][Math.floor(i / 10)]);
  const steady = rates(store.timeline, only(store), 'value', store.timeline.begin, store.timeline.end, { counts: true, every: 1 }).slice(20);
  assert.ok(steady.every((rate) => rate !== null && rate > 7 && rate < 13), steady.join(' '));
});

test('what stopped changing has no rate after a moment', () => {
  const store = tenHertz((i) => i % 10 === 0 && i <= 20);
  const all = rates(store.timeline, only(store), 'value', store.timeline.begin, store.timeline.end, { counts: true, every: 1 });
  assert.deepEqual([all[30], all[34], all[40]], [10, 0, 0]);
});

test('the first frame of another rate comes at any time, and draws no dip', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', v: 0 }]));
  store.delta(delta(2, 11, [[0, 50]]));
  store.full(full(7, 11.496, [{ name: 'a', v: 75 }]));
  store.delta(delta(8, 11.5, []));
  store.delta(delta(9, 11.6, [[0, 80]]));
  assert.deepEqual(allRates(store).map((rate) => rate && Math.round(rate)), [null, 50, 50, 50, 50]);
});

test('the older frame that another rate begins with takes nothing back', () => {
  const store = new Store();
  const made = (c: number, g: number) => [{ name: 'c', v: c }, { name: 'g', kind: 'gauge' as const, v: g }];
  store.full(full(1, 10, made(100, 5)));
  store.delta(delta(2, 10.9, [[0, 190], [1, 7]]));
  store.full(full(1, 10.2, made(120, 5)));
  store.delta(delta(2, 11.2, [[0, 220]]));
  const [c, g] = [...store.series.values()];
  assert.ok(c && g);
  assert.deepEqual(values(c, 'value', 0, 3), [100, 190, 220]);
  assert.deepEqual(rates(store.timeline, c, 'value', 0, 3).map((rate) => rate && Math.round(rate)), [null, 100, 100]);
  assert.deepEqual(values(g, 'value', 0, 3), [5, 7, 5], 'the second frame of that rate does not name what did not change since its first');
});

test('missing moments are a gap: no value there, no rate across it', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', v: 1 }]));
  store.delta(delta(60, 70, [[0, 100]]));
  store.delta(delta(61, 71, [[0, 103]]));
  assert.deepEqual(allValues(store), [1, null, 100, 103]);
  assert.deepEqual(allRates(store), [null, null, null, 3]);
});

test('what did not change over a gap is known again after it', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', kind: 'gauge', v: 7 }]));
  store.delta(delta(60, 70, []));
  assert.deepEqual(allValues(store), [7, null, 7]);
});

test('a value that is not known stays so until it is told, after a gap too', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', kind: 'gauge', v: 5 }]));
  store.delta(delta(2, 11, [[0, null]]));
  store.delta(delta(3, 12, []));
  store.delta(delta(4, 13, []));
  store.delta(delta(60, 70, []));
  store.delta(delta(61, 71, []));
  assert.deepEqual(allValues(store), [5, null, null, null, null, null, null]);
});

test('a gap is known by its place, wherever that moves to', () => {
  const timeline = new Timeline(8, 10);
  const column = new Column(10);
  timeline.add(column);
  for (let time = 1; time <= 9; time++) column.values[timeline.push(time)] = time;
  timeline.push(15);
  assert.equal(column.values[timeline.end - 1], 9, 'the gap took the last slot, and the moment moved it');
  timeline.push(16);
  assert.equal(column.values[timeline.end - 1], 9);
});

test('a clock that is set back moves what was before, and time goes on behind a gap', () => {
  const store = new Store();
  store.hello(hello());
  store.full({ ...full(1, 1000, [{ name: 'c', v: 0 }]), uptime_seconds: 1 });
  store.delta({ ...delta(2, 1001, [[0, 10]]), uptime_seconds: 2 });
  for (let i = 2; i <= 4; i++) store.delta({ ...delta(1 + i, 400 + i, [[0, 10 * i]]), uptime_seconds: 1 + i });
  assert.deepEqual(allValues(store), [0, 10, null, 20, 30, 40]);
  assert.deepEqual(allRates(store), [null, 10, null, null, 10, 10]);
  assert.equal(store.timeline.firstTime, 400);
  assert.equal(store.timeline.lastTime, 404);
  assert.equal(store.moved.value, -600);
});

test('a mark of a restart goes with the moments around it', () => {
  const store = new Store();
  store.hello(hello('a'));
  store.full(full(1, 1000, [{ name: 'c', v: 0 }]));
  store.hello(hello('b', 1001));
  store.full(full(1, 1002, [{ name: 'c', v: 0 }]));
  assert.deepEqual(store.restarts.value, [1002]);
  for (let i = 1; i <= 1000; i++) store.delta(delta(1 + i, 1002 + i, []));
  assert.deepEqual(store.restarts.value, []);
});

test('what was forgotten ends nothing that came in its place', () => {
  const store = new Store();
  const family = { id: 1, name: 'g', kind: 'gauge' as const, unit: '', help: '' };
  store.full(full(1, 10, [{ name: 'a', v: 1 }]));
  store.delta(delta(2, 11, [[7, 1]], { families: [family], series: [{ id: 7, family: 1, labels: {} }] }));
  store.delta(delta(3, 12, [[8, 2]], { families: [{ ...family, id: 2, unit: 'bytes' }], series: [{ id: 8, family: 2, labels: {} }] }));
  store.delta(delta(4, 13, [], { gone: [7] }));
  assert.equal(store.families.get('g')?.series.length, 1);
  assert.equal(store.families.get('g')?.unit, 'bytes');
  assert.equal(store.series.get('g')?.alive, true);
  store.delta(delta(5, 14, [], { gone: [8] }));
  for (let i = 1; i <= 1000; i++) store.delta(delta(5 + i, 14 + i, []));
  assert.equal(store.families.has('g'), false);
  store.delta(delta(2000, 1015, [[9, 3]], { series: [{ id: 9, family: 2, labels: {} }] }));
  assert.equal(store.families.get('g')?.series.length, 1, 'its id still stands for it');
});

test('null is no point, infinity is one', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', kind: 'gauge', v: null }]));
  store.delta(delta(2, 11, [[0, 'inf']]));
  store.delta(delta(3, 12, [[0, 2]]));
  assert.deepEqual(allValues(store), [null, Infinity, 2]);
});

test('a replay fills what was missed, with the ids of its full frame', () => {
  const store = new Store();
  store.hello(hello());
  store.full(full(1, 10, [{ name: 'a', v: 1 }]));
  store.hello(hello());
  const again = full(4, 13, [{ name: 'a', v: 40 }]);
  again.replay = [2, 3, 4].map((seq) => ({ seq, time: 9 + seq, values: [[5, seq * 10]] }));
  const entry = again.families[0]?.series?.[0];
  assert.ok(entry);
  entry.id = 5;
  store.full(again);
  assert.deepEqual(allValues(store), [1, 20, 30, 40]);
  assert.equal(store.lastSeq, 4);
});

test('a server that started anew keeps its series, with a mark and a gap between', () => {
  const store = storeOfCounter([100, 102]);
  store.hello(hello('b', 1001.5));
  assert.equal(store.lastSeq, null);
  store.full(full(1, 1002, [{ name: 'c', v: 3 }, { name: 'd', v: 1 }]));
  store.delta(delta(2, 1003, [[0, 4]]));
  assert.deepEqual(store.restarts.value, [1002]);
  assert.deepEqual(allValues(store), [100, 102, null, 3, 4]);
  assert.deepEqual(allRates(store), [null, 2, null, null, 1]);
});

test('what the new process does not have has ended, and what it counts otherwise begins anew', () => {
  const store = new Store();
  store.hello(hello('a', 9));
  store.full(full(1, 10, [{ name: 'a', v: 1 }, { name: 'b', kind: 'gauge', unit: 'bytes', v: 5 }]));
  store.hello(hello('b', 11));
  store.full(full(1, 12, [{ name: 'b', kind: 'gauge', unit: 'ratio', v: 0.5 }]));
  assert.equal(store.series.get('a')?.alive, false);
  assert.equal(store.families.get('b')?.unit, 'ratio');
  assert.deepEqual(values(store.series.get('b') ?? only(store), 'value', store.timeline.begin, store.timeline.end), [null, null, 0.5]);
});

test('a server that started anew with a clock that is behind begins empty', () => {
  const store = storeOfCounter([1, 2]);
  store.hello(hello('b', 500));
  assert.equal(store.series.size, 0);
  assert.equal(store.timeline.length, 0);
  assert.equal(store.lastSeq, null);
  store.full(full(1, 501, [{ name: 'c', v: 3 }]));
  assert.deepEqual(store.restarts.value, [501]);
});

test('a series that begins while one looks began at 0', () => {
  const store = storeOfCounter([1, 2]);
  store.delta(delta(2, 1002, [[9, 4]], {
    families: [{ id: 9, name: 'new', kind: 'counter', unit: '', help: '', series: [] }],
    series: [{ id: 9, family: 9, labels: {} }],
  }));
  const series = store.series.get('new');
  assert.ok(series);
  assert.deepEqual(rates(store.timeline, series, 'value', 1, 3), [null, 4]);
});

test('a series that is gone ends; one that comes back goes on', () => {
  const store = storeOfCounter([1, 2]);
  store.delta(delta(2, 1002, [], { gone: [0] }));
  store.delta(delta(3, 1003, []));
  assert.deepEqual(allValues(store), [1, 2, null, null]);
  assert.equal(only(store).alive, false);
  store.delta(delta(4, 1004, [[7, 3]], { series: [{ id: 7, family: 0, labels: {} }] }));
  assert.deepEqual(allValues(store), [1, 2, null, 0, 3]);
  assert.equal(store.series.size, 1);
});

test('the ring keeps the last moments in order, for as long as one likes', () => {
  const timeline = new Timeline(4, 9);
  const column = new Column(timeline.slots);
  timeline.add(column);
  for (let time = 0; time < 1000; time++) column.values[timeline.push(time)] = time * 2;
  assert.equal(timeline.length, 4);
  assert.deepEqual([...timeline.times.subarray(timeline.begin, timeline.end)], [996, 997, 998, 999]);
  assert.deepEqual([...column.values.subarray(timeline.begin, timeline.end)], [1992, 1994, 1996, 1998]);
  assert.equal(timeline.lowerBound(998), timeline.end - 2);
  assert.equal(timeline.lowerBound(2000), timeline.end);
});

test('ten frames a second: of the last minute each, of what is older one a second, and none of the growth is lost', () => {
  const timeline = new Timeline(900, 2400);
  const column = new Column(timeline.slots);
  const buckets = new BucketTrack();
  timeline.add(column);
  timeline.add(buckets);
  const frames = 12_000;
  for (let i = 0; i < frames; i++) {
    const at = timeline.push(1000 + i / 10);
    column.values[at] = i;
    buckets.set(at, { count: i, sum: i, buckets: [[0, i]] }, false);
  }
  const { begin, end } = timeline;
  assert.ok(timeline.lastTime - timeline.firstTime > 898, 'fifteen minutes are kept');
  for (let at = begin + 1; at < end; at++) {
    const seconds = (timeline.times[at] ?? 0) - (timeline.times[at - 1] ?? 0);
    assert.ok(seconds > 0.05 && seconds < 1.1, `${seconds} s`);
    if (timeline.lastTime - (timeline.times[at] ?? 0) < 60) assert.ok(seconds < 0.15);
    const grown = (column.values[at] ?? 0) - (column.values[at - 1] ?? 0);
    assert.deepEqual(buckets.growths[at], { indices: [0], counts: [grown] });
  }
});

test('names that are properties of every object are names', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: '__proto__', v: 1, labels: { constructor: 'toString' } }, { name: 'constructor', v: 2 }]));
  assert.equal(store.series.size, 2);
  assert.ok(store.series.get('__proto__{constructor="toString"}'));
});

test('a series is itself whatever the order of its labels', () => {
  assert.equal(seriesKey('a', { x: '1', y: '2' }), seriesKey('a', { y: '2', x: '1' }));
  assert.notEqual(seriesKey('a', { x: '1,y=2' }), seriesKey('a', { x: '1', y: '2' }));
});

test('the sum of a family is its whole where it has one, else that of its parts', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', labels: { t: 'x' }, v: 1 }, { name: 'a', labels: { t: 'y' }, v: 2 }, { name: 'b', labels: { t: 'x' }, v: 1 }, { name: 'b', v: 9 }]));
  const [a, b] = [...store.families.values()];
  assert.ok(a && b);
  assert.equal(summands(a).length, 2);
  assert.deepEqual(summands(b).map((series) => series.key), ['b']);
  assert.deepEqual(sum([[1, null, null], [2, 3, null]]), [3, 3, null]);
});

test('a whole that has ended stands for no parts', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'a', v: 3 }, { name: 'a', labels: { k: 'x' }, v: 1 }]));
  store.delta(delta(2, 11, [], { gone: [0] }));
  const family = store.families.get('a');
  assert.ok(family);
  assert.deepEqual(summands(family).map((series) => series.labels), [{ k: 'x' }]);
  store.delta(delta(3, 12, [], { gone: [1] }));
  assert.deepEqual(summands(family).map((series) => series.labels), [{}]);
});

const histogram = (count: number, index: number, value: number) => ({ count, sum: 1, min: value, max: value, buckets: [[index, count]] as const });

test('a restart changes no percentile of before', () => {
  const store = new Store();
  store.hello(hello('a'));
  store.full(full(0, 1000, [{ name: 'h', kind: 'histogram', v: { count: 0, sum: 0, min: null, max: null, buckets: [] } }]));
  for (let i = 1; i <= 5; i++) store.delta(delta(i, 1000 + i, [[0, histogram(100 * i, -3, 0.8)]]));
  const before = () => quantiles(store.timeline, [only(store)], [0.95], 10, 4, 5)[0]?.[0] ?? NaN;
  assert.ok(Math.abs(before() - 0.8) < 0.05, String(before()));
  store.hello(hello('b', 1006));
  store.full(full(0, 1006, [{ name: 'h', kind: 'histogram', v: histogram(5, -80, 0.001) }]));
  assert.ok(Math.abs(before() - 0.8) < 0.05, String(before()));
});

test('a histogram that comes back counts from nothing', () => {
  const store = new Store();
  store.full(full(1, 10, [{ name: 'h', kind: 'histogram', v: histogram(5, -3, 0.8) }]));
  store.delta(delta(2, 11, [], { gone: [0] }));
  store.delta(delta(3, 12, [[1, histogram(7, -3, 0.8)]], { series: [{ id: 1, family: 0, labels: {} }] }));
  assert.deepEqual(only(store).buckets?.growths[2], { indices: [-3], counts: [7] });
});

test('bucket edges are eighths of octaves, below zero too', () => {
  assert.deepEqual(bucketEdges(8), [2, 2 ** (9 / 8)]);
  assert.deepEqual(bucketEdges(-8), [0.5, 2 ** (-7 / 8)]);
  assert.deepEqual(bucketEdges(negativeBucket(8)), [-(2 ** (9 / 8)), -2]);
  assert.deepEqual(bucketEdges(ZERO_BUCKET), [0, 0]);
});

test('buckets that fell were started anew', () => {
  assert.deepEqual(growth(new Map([[1, 5], [2, 1]]), new Map([[1, 7], [2, 1]])), { indices: [1], counts: [2] });
  assert.deepEqual(growth(new Map([[1, 5], [2, 1]]), new Map([[1, 3], [2, 1]])), { indices: [1, 2], counts: [3, 1] });
});

test('percentiles are those of the values, within a bucket', () => {
  const window = new BucketSum();
  const samples = Array.from({ length: 10_000 }, (_, i) => Math.exp(i / 2000));
  for (const sample of samples) window.add({ indices: [Math.ceil(Math.log2(sample) * 8) - 1], counts: [1] });
  const found = window.quantiles([0.5, 0.95, 0.99]);
  [0.5, 0.95, 0.99].forEach((q, i) => {
    const truth = samples[Math.floor(q * samples.length)] ?? 0;
    assert.ok(Math.abs((found[i] ?? 0) / truth - 1) < 0.02, `p${q * 100}: ${found[i]} instead of ${truth}`);
  });
  assert.deepEqual(new BucketSum().quantiles([0.5]), [null]);
});

test('percentiles may lie below zero', () => {
  const totals = bucketTotals({ count: 4, sum: 0, zero: 1, buckets: [[8, 1]], negative: [[0, 1], [40, 1]] });
  const window = new BucketSum();
  window.add({ indices: [...totals.keys()], counts: [...totals.values()] });
  const [low = null, p50 = null, high = null] = window.quantiles([0.25, 0.5, 1]);
  assert.ok(low !== null && low >= -(2 ** (41 / 8)) && low <= -32, `${low}`);
  assert.ok(p50 !== null && p50 >= -(2 ** (1 / 8)) && p50 <= -1, `${p50}`);
  assert.ok(high !== null && high > 2, `${high}`);
});

test('percentiles slide: what is older than the window no longer counts', () => {
  const store = new Store();
  const value = (buckets: Array<[number, number]>) => ({ count: 0, sum: 0, min: 0.5, max: 300, buckets });
  store.full(full(1, 0, [{ name: 'h', kind: 'histogram', unit: 'seconds', v: value([]) }]));
  store.delta(delta(2, 1, [[0, value([[0, 100]])]]));
  for (let time = 2; time <= 20; time++) store.delta(delta(time + 1, time, [[0, value([[0, 100], [64, time]])]]));
  const [p50 = []] = quantiles(store.timeline, [only(store)], [0.5], 10, 0, 21);
  assert.equal(p50[0], null);
  assert.ok((p50[5] ?? 0) < 1.1, 'the hundred small ones still count');
  assert.ok((p50[12] ?? 0) > 256, 'they are older than the window');
  assert.ok((p50[20] ?? Infinity) <= 300, 'never above the highest that was measured');
});
