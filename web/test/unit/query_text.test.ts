import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AGGREGATORS, FUNCTIONS } from '../../src/model/promql_words';
import { contextOf, functionAt, isExpression, placed, ranked } from '../../src/model/query_text';

test('the words of the page are those of the server', () => {
  const source = readFileSync('test/vocabulary.cc', 'utf8');
  const names = (pattern: RegExp) => [...source.matchAll(pattern)].map(([, name]) => name);
  assert.deepEqual(Object.keys(FUNCTIONS), names(/ row\("(\w+)"/g));
  assert.deepEqual(Object.keys(AGGREGATORS), names(/Aggregator\{"(\w+)"/g));
});

test('a name or words are searched for; more is a query', () => {
  for (const text of ['', 'udp', 'source=mic', 'udp errors', 'events.received', 'a-b/c', 'and', 'a_b:c']) assert.equal(isExpression(text), false, text);
  for (const text of ['rate(', 'a{b="c"}', 'a / b', 'a - b', 'a and b', '1', '-1', 'x[5m]', 'a offset 5m', 'a == b']) assert.equal(isExpression(text), true, text);
});

test('completion knows what stands at the caret', () => {
  assert.deepEqual(contextOf('rate(htt'), { kind: 'word', from: 5, word: 'htt', metric: '' });
  assert.deepEqual(contextOf('rate(http_requests_total{'), { kind: 'label', from: 25, word: '', metric: 'http_requests_total' });
  assert.deepEqual(contextOf('a{b="c",d'), { kind: 'label', from: 8, word: 'd', metric: 'a' });
  assert.deepEqual(contextOf('a{b="c{",kind=~"x'), { kind: 'value', from: 16, word: 'x', metric: 'a', label: 'kind' });
  assert.deepEqual(contextOf('sum by (ki'), { kind: 'label', from: 8, word: 'ki', metric: '' });
  for (const text of ['rate(a[5', 'label_replace(a, "x', 'a + ', '5m']) assert.equal(contextOf(text), null, text);
  assert.deepEqual(ranked([{ text: 'xab', help: '' }, { text: 'abc', help: '' }, { text: 'z', help: '' }], 'ab').map(({ text }) => text), ['abc', 'xab']);
  assert.equal(functionAt('sum(rate(x[5m]) + ceil(y')?.text, 'ceil');
  assert.equal(functionAt('sum(rate(x[5m])')?.text, 'sum');
  assert.equal(functionAt('x'), undefined);
});

test('an error stands below the place that it names, also in a later line', () => {
  assert.deepEqual(placed('invalid parameter "query": unexpected end at 1:4', 'sum'), { message: 'unexpected end at 1:4', line: 'sum', before: 3 });
  assert.deepEqual(placed('is no counter (2:2)', 'a +\n b'), { message: 'is no counter (2:2)', line: ' b', before: 1 });
  for (const said of ['too slow', 'at 3:1', 'at 1:99']) assert.deepEqual(placed(said, 'abc'), { message: said });
});
