import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from '../../src/data/timeline';
import { SessionHistory } from '../../src/model/session_history';
import { parseSessions, type Sessions } from '../../src/model/sessions';
import { sessionReasons } from '../../src/model/verdict';
import { sessionsAnswer } from '../sessions.mjs';

function parsed(time: number, ...sessions: ReadonlyArray<Record<string, unknown>>): Sessions {
  const found = parseSessions(sessionsAnswer(sessions, time));
  assert.ok(found);
  return found;
}

test('sessions: what ails them, by the limits of the reference', () => {
  const { rows, count, most, ladder } = parsed(10,
    { session_id: 'a', queue_fill_ratio: 0.96 }, { session_id: 'b', queue_fill_ratio: 0.86 }, { session_id: 'c', realtime_factor: 1.1 },
    { session_id: 'd', level: 'WARNING' }, { session_id: 'e', level: 'FAILOVER' }, { session_id: 'f', dropped_recent: 12345 }, { session_id: 'g', realtime_factor: null });
  assert.deepEqual(rows.map(({ id, verdict, reasons }) => [id, verdict, ...reasons]), [
    ['a', 'unwell', 'queue full'], ['b', 'degraded', 'queue nearly full'], ['c', 'unwell', 'slower than real time'], ['d', 'degraded', 'warning'],
    ['e', 'unwell', 'failover'], ['f', 'degraded', '12.3 k dropped in 10 s'], ['g', 'well'],
  ]);
  assert.equal(count, 7);
  assert.equal(most, 1000);
  assert.deepEqual(ladder[0], ['NORMAL', 5]);
  assert.equal(rows[6]?.realtimeFactor, null);
});

test('sessions that are not well are a reason of the verdict, the worst by name', () => {
  const { rows, count } = parsed(1, { session_id: 'a', level: 'WARNING' }, { session_id: 'b', realtime_factor: 1.2 }, { session_id: 'c' });
  assert.deepEqual(sessionReasons({ time: 1, count, most: null, ladder: [], rows }), [
    { level: 'degraded', text: '2 of 3 sessions not well; b: slower than real time', family: '', session: 'b' },
  ]);
  assert.equal(sessionReasons({ time: 1, count: 1000, most: null, ladder: [], rows })[0]?.text, 'at least 2 of 1000 sessions not well; b: slower than real time');
  assert.ok(!sessionReasons(parsed(1, { session_id: 'a\u202ebcd', level: 'EMERGENCY' }))[0]?.text.includes('\u202e'));
  assert.deepEqual(sessionReasons(parsed(1, { session_id: 'c' })), []);
  assert.deepEqual(sessionReasons(undefined), []);
});

test('sessions: an answer that is none is told so, and an odd one does no harm', () => {
  for (const answer of [null, 5, 'x', [], {}, { sessions: 3 }, { top: {} }]) assert.equal(parseSessions(answer), null);
  assert.deepEqual(parseSessions({ top: [5, null, {}] })?.rows.map((row) => [row.id, row.fill, row.verdict]), [['', null, 'well']]);
});

test('a session that is missing from a whole list has ended; from a part of one it has not', () => {
  const history = new SessionHistory();
  history.take(parsed(1, { session_id: 'a' }, { session_id: 'b' }), '');
  history.take({ ...parsed(2, { session_id: 'a' }), count: 2 }, '');
  assert.equal(history.ended.length, 0);
  history.take(parsed(3, { session_id: 'a' }), '');
  assert.deepEqual(history.ended.map(({ row, time }) => [row.id, time]), [['b', 3]]);
  assert.equal(history.lastOf('b')?.id, 'b');
});

test('the sessions of another process have ended with it, and when it was heard last', () => {
  const history = new SessionHistory();
  history.take(parsed(1, { session_id: 'early' }), '');
  history.take(parsed(2, { session_id: 'early' }, { session_id: 'old', dropped_total: 5 }), 'old', 'one');
  assert.equal(history.ended.length, 0, 'the first process that is known is no other one');
  history.take(parsed(9, { session_id: 'old', dropped_total: 0 }), 'old', 'two');
  assert.deepEqual(history.ended.map(({ row, time }) => [row.id, time]), [['early', 2], ['old', 2]]);
  assert.equal(history.lastOf('old')?.dropped, 0);
  const timeline = new Timeline(60, 120);
  for (let time = 1; time < 10; time++) timeline.push(time);
  assert.deepEqual(history.points('old', 'dropped', false, timeline, 0, 9), [null, null, null, null, null, null, null, null, 0]);
});

test('a session that was listed long ago in a part of all is not told to have ended now', () => {
  const history = new SessionHistory();
  history.take({ ...parsed(1, { session_id: 'a' }), count: 2 }, '');
  for (let time = 2; time <= 70; time++) history.take({ ...parsed(time, { session_id: 'b' }), count: 2 }, '');
  assert.equal(history.lastOf('a'), undefined);
  history.take(parsed(71, { session_id: 'b' }), '');
  assert.deepEqual(history.ended, []);
});

test('a server\'s clock that is set takes what was seen of its sessions with it', () => {
  const history = new SessionHistory();
  history.take(parsed(1000, { session_id: 'a' }, { session_id: 'b' }), '');
  history.take(parsed(1001, { session_id: 'a' }), '');
  history.move(-600);
  assert.deepEqual(history.ended.map(({ time }) => time), [401]);
  const timeline = new Timeline(60, 120);
  timeline.push(401);
  assert.notEqual(history.points('a', 'errors', false, timeline, 0, 1), null);
});

test('a session\'s samples lie on the page\'s time, with gaps where it was not asked for', () => {
  const timeline = new Timeline(60, 120);
  for (let time = 100; time < 110; time++) timeline.push(time);
  const history = new SessionHistory();
  for (const [time, dropped] of [[101.2, 0], [102.2, 4], [103.2, 4], [108.2, 10]] as const) history.take(parsed(time, { session_id: 'a', dropped_total: dropped }), 'a');
  const points = (perSecond: boolean) => history.points('a', 'dropped', perSecond, timeline, 0, 10);
  assert.deepEqual(points(false), [null, 0, 4, 4, 4, 4, 4, null, 10, 10]);
  assert.deepEqual(points(true).slice(0, 4), [null, null, 4, 0]);
  assert.deepEqual(history.points('none', 'dropped', false, timeline, 0, 3), [null, null, null]);
});
