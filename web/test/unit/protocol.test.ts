import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask } from '../../src/protocol/ask';
import { backOff, LagMeter } from '../../src/protocol/live_client';
import { parseMessage, ProtocolError, toNumber } from '../../src/protocol/messages';
import { hello } from './frames';

const parse = (message: unknown) => parseMessage(JSON.stringify(message));

test('messages of the protocol are taken', () => {
  assert.equal(parse(hello())?.type, 'hello');
  assert.equal(parse({ type: 'full', seq: 1, time: 2, uptime_seconds: 3, families: [] })?.type, 'full');
  assert.equal(parse({ type: 'delta', seq: 1, time: 2, uptime_seconds: 3 })?.type, 'delta');
  assert.equal(parse({ type: 'full', seq: 1, time: 2, uptime_seconds: 3, families: [], replay: [] })?.type, 'full');
  assert.equal(parse({ type: 'error', error: 'x' })?.type, 'error');
});

test('types of a later protocol are passed over, also such as every object has', () => {
  for (const type of ['later', '__proto__', 'constructor', 'toString']) assert.equal(parse({ type }), null);
});

test('what is no message is told so', () => {
  for (const text of ['', '{', '[]', 'null', '3', '{}', '{"type":5}']) assert.throws(() => parseMessage(text), ProtocolError, text);
  assert.throws(() => parse({ type: 'full', seq: 'x', time: 1, families: [] }), /"seq" must be a number/);
  assert.throws(() => parse({ type: 'full', seq: 1, time: 1 }), /"families" must be a list/);
  assert.throws(() => parse({ type: 'delta', seq: 1, time: 1, values: {} }), /"values" must be a list/);
  assert.throws(() => parse({ ...hello(), protocol: 2 }), /reload it/);
});

test('numbers that JSON has not', () => {
  assert.equal(toNumber('inf'), Infinity);
  assert.equal(toNumber('-inf'), -Infinity);
  assert.ok(Number.isNaN(toNumber(null)));
  assert.ok(Number.isNaN(toNumber(undefined)));
});

test('waits grow to a limit, and differ between pages', () => {
  assert.equal(backOff(0, 0.5), 500);
  assert.equal(backOff(2, 0.5), 2000);
  assert.equal(backOff(50, 0.5), 10_000);
  assert.ok(backOff(3, 0) < backOff(3, 1));
});

test('lag is told from clocks that differ', () => {
  const meter = new LagMeter();
  assert.equal(meter.lag(1000, 5000), 0);
  assert.equal(meter.lag(1001, 5001), 0);
  assert.equal(meter.lag(1002, 5005), 3);
  assert.equal(meter.lag(1006, 5006), 0);
});

test('a clock that was set is told from lag after a minute', () => {
  const meter = new LagMeter();
  meter.lag(1000, 1000);
  assert.equal(meter.lag(1001, 1004), 3);
  for (let time = 1002; time <= 1060; time++) meter.lag(time, time + 3);
  assert.equal(meter.lag(1062, 1065), 0);
  assert.equal(meter.lag(1063, 1070), 4);
});

test('an answer that does not come says so in words', async () => {
  const before = globalThis.fetch;
  const fails = async (error: Error) => {
    globalThis.fetch = () => Promise.reject(error);
    const answer = await ask('api', async () => null);
    return answer.kind === 'failed' ? answer.why : answer.kind;
  };
  try {
    assert.equal(await fails(new TypeError('Failed to fetch')), 'no answer');
    assert.equal(await fails(new DOMException('signal timed out', 'TimeoutError')), 'no answer within 8 s');
    assert.equal(await fails(new SyntaxError('Unexpected token')), 'the answer is no JSON');
  } finally {
    globalThis.fetch = before;
  }
});
