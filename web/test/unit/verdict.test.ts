import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../../src/data/store';
import { recentFiguresOf } from '../../src/model/recent_figures';
import { rolesOf } from '../../src/model/roles';
import { judge } from '../../src/model/verdict';
import { delta, full, hello, type MadeSeries } from './frames';

const gauge = (name: string, v: number, labels = {}): MadeSeries => ({ name, kind: 'gauge', v, labels });

/** A minute of a server whose series grow by `growth` each second. */
function minuteOf(series: readonly MadeSeries[], growth: readonly number[] = []) {
  const store = new Store();
  store.hello(hello());
  store.full(full(0, 1000, series));
  for (let i = 1; i <= 70; i++) store.delta(delta(i, 1000 + i, growth.map((more, id) => [id, Number(series[id]?.v) + more * i])));
  return judge(recentFiguresOf(store), rolesOf(store));
}

test('nothing known, nothing wrong', () => {
  assert.deepEqual(minuteOf([gauge('a.depth', 3)]).level, 'well');
});

test('errors are held against what was done', () => {
  const server = [{ name: 'server.requests', v: 0 }, { name: 'server.errors', v: 0 }];
  assert.equal(minuteOf(server, [1000, 5]).level, 'well');
  const degraded = minuteOf(server, [1000, 20]);
  assert.equal(degraded.level, 'degraded');
  assert.match(degraded.reasons[0]?.text ?? '', /server\.errors: 2% failed|server\.errors: 2\.00% failed/);
  assert.equal(minuteOf(server, [1000, 100]).level, 'unwell');
});

test('a few events say little', () => {
  assert.equal(minuteOf([{ name: 'server.requests', v: 0 }, { name: 'server.errors', v: 0 }], [0.2, 0.2]).level, 'well');
});

test('lost packets are held against those that came, and a number that falls is no loss', () => {
  const udp: MadeSeries[] = [{ name: 'udp.packet.received', v: 0 }, { name: 'udp.packet.dropped', kind: 'up_down_counter', v: 500 }];
  assert.equal(minuteOf(udp, [1000, 0]).level, 'well');
  assert.equal(minuteOf(udp, [1000, -1]).level, 'well');
  assert.equal(minuteOf(udp, [1000, 5]).level, 'degraded');
  assert.equal(minuteOf(udp, [1000, 50]).level, 'unwell');
});

test('CPU near the quota, whoever sets it', () => {
  assert.equal(minuteOf([gauge('kymo_cgroup_cpu_ratio', 0.9)]).level, 'degraded');
  assert.equal(minuteOf([gauge('kymo_cgroup_cpu_ratio', 0.99)]).level, 'unwell');
  assert.equal(minuteOf([gauge('kymo_process_cpu_ratio', 3.9), gauge('kymo_system_cpu_limit_cores', 4)]).level, 'unwell');
  assert.equal(minuteOf([gauge('kymo_process_cpu_ratio', 3.9), gauge('kymo_system_cpu_limit_cores', 64)]).level, 'well');
});

test('the cores are those of a quota only where there is one', () => {
  const limits = [gauge('kymo_cgroup_cpu_ratio', 0.9699), gauge('kymo_system_cpu_limit_cores', 2)];
  assert.equal(minuteOf(limits).reasons[0]?.text, 'CPU is at 96.9% of 2 cores that it may use');
  assert.equal(minuteOf([...limits, gauge('kymo_cgroup_cpu_limit_cores', 2)]).reasons[0]?.text, 'CPU is at 96.9% of 2 cores that its cgroup may use');
  assert.equal(minuteOf([...limits, gauge('kymo_cgroup_cpu_limit_cores', 8)]).reasons[0]?.text, 'CPU is at 96.9% of 2 cores that it may use');
});

test('memory near the limit', () => {
  const memory = (used: number) => minuteOf([gauge('process_resident_memory_bytes', used), gauge('kymo_system_memory_limit_bytes', 100)]);
  assert.equal(memory(50).level, 'well');
  assert.equal(memory(85).level, 'degraded');
  assert.equal(memory(95).level, 'unwell');
});

test('the fullest queue counts, and is named', () => {
  const verdict = minuteOf([gauge('stream.queue.fill_ratio', 0.1, { source: 'mic' }), gauge('stream.queue.fill_ratio', 0.97, { source: 'udp' })]);
  assert.equal(verdict.level, 'unwell');
  assert.match(verdict.reasons[0]?.text ?? '', /\(udp\)/);
});

test('pressure counts by resource and kind', () => {
  const pressure = (resource: string, kind: string, v: number) => minuteOf([gauge('kymo_system_pressure_ratio', v, { resource, kind })]).level;
  assert.equal(pressure('memory', 'full', 0.1), 'degraded');
  assert.equal(pressure('memory', 'some', 0.1), 'well');
  assert.equal(pressure('cpu', 'some', 0.9), 'unwell');
});

test('what kymo itself lost degrades, and never more', () => {
  const verdict = minuteOf([{ name: 'kymo_series_overflowed_total', v: 0 }], [1e6]);
  assert.equal(verdict.level, 'degraded');
  assert.match(verdict.reasons[0]?.text ?? '', /look-ups of series over the limit/);
});

test('the callback that hangs longest is named, with how long it has', () => {
  const hanging = [gauge('kymo_callbacks_hanging', 2), gauge('kymo_callback_hanging_seconds', 2, { callback: 'pool' }), gauge('kymo_callback_hanging_seconds', 0.5, { callback: 'disk' })];
  const verdict = minuteOf(hanging, [0, 1]);
  assert.equal(verdict.level, 'degraded');
  assert.deepEqual(verdict.reasons.map((reason) => reason.text), ['callback pool has not returned for 1 min 12 s, and 1 more hang']);
});

test('the worst reason decides and stands first', () => {
  const verdict = minuteOf([gauge('kymo_cgroup_cpu_ratio', 0.9), gauge('stream.fill', 0.99)]);
  assert.equal(verdict.level, 'unwell');
  assert.deepEqual(verdict.reasons.map((reason) => reason.level), ['unwell', 'degraded']);
});
