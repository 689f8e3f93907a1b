import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelText } from '../../src/data/series';
import { csvField, csvText } from '../../src/format/files';
import { amountText, axisText, durationText, rateUnit } from '../../src/format/numbers';
import { readable } from '../../src/format/readable';
import { packOf, plainName } from '../../src/model/names';
import { parsePins } from '../../src/model/pins';
import { matches, searchWords } from '../../src/model/search';
import { parsePlace, placeText } from '../../src/routing';
import { storeOfCounter } from './frames';

test('amounts have three digits that count, and a unit', () => {
  const cases: Array<[number | null, string, string]> = [
    [0, '', '0'], [25, '', '25'], [3.14159, '', '3.14'], [99.97, '', '100'], [1234, '/s', '1234 /s'], [12345, '/s', '12.3 k/s'], [5e6, '', '5 M'],
    [0.0042, 'seconds', '4.20 ms'], [0.00000123, 'seconds', '1.23 µs'], [0, 'seconds', '0 s'], [3600, 'seconds', '1 h'],
    [0.5, 'ratio', '50%'], [0.12345, 'ratio', '12.3%'], [1536, 'bytes', '1.50 KiB'], [1023, 'bytes', '1.00 KiB'], [4 * 1024 ** 3, 'bytes', '4 GiB'],
    [2048, 'bytes_per_second', '2 KiB/s'], [null, 'bytes', '–'], [NaN, '', '–'], [Infinity, '', '∞'], [-5, '', '-5'], [-0.5, 'seconds', '-500 ms'], [1.5, 'cores', '1.50 cores'],
  ];
  for (const [value, unit, text] of cases) assert.equal(amountText(value, unit), text);
  assert.equal(axisText(0.5, 'cores'), '0.5 cores');
  assert.equal(axisText(1.5 * 1024, 'bytes'), '1.5 KiB');
  assert.equal(axisText(100, ''), '100');
});

test('rates have units', () => {
  assert.equal(rateUnit(''), '/s');
  assert.equal(rateUnit('bytes'), 'bytes_per_second');
  assert.equal(amountText(0.5, rateUnit('seconds')), '0.50 s/s');
});

test('durations have two parts', () => {
  assert.equal(durationText(0), '0 s');
  assert.equal(durationText(62), '1 min 2 s');
  assert.equal(durationText(3600), '1 h');
  assert.equal(durationText(90061), '1 d 1 h');
});

test('CSV: quotes where needed, and nothing that a spreadsheet would run', () => {
  assert.equal(csvField('a"b,c'), '"a""b,c"');
  assert.equal(csvField('=cmd()'), "'=cmd()");
  assert.equal(csvField('-5'), '-5');
  assert.equal(csvText(['a', 'b'], [[0, 1], [1, null], [2, 3]]), 'time,a,b\r\n1970-01-01T00:00:00.000Z,1,2\r\n1970-01-01T00:00:01.000Z,,3\r\n');
});

test('addresses keep page, settings and what follows the page', () => {
  for (const text of ['#/overview', '#/explore?q=a%26b&view=p95', '#/sessions/a%2Fb%3F']) assert.equal(placeText(parsePlace(text)), text);
  assert.equal(parsePlace('#/nowhere').page, 'overview');
  assert.equal(parsePlace('#/sessions/%zz').rest, '%zz');
});

test('a board from elsewhere holds pins or nothing', () => {
  assert.deepEqual(parsePins('[{"key":"a","view":"rate"},{"key":5,"view":"rate"},{"key":"a","view":"x"},null]'), [{ key: 'a', view: 'rate' }]);
  for (const text of [null, '', '{', '{}', '5']) assert.deepEqual(parsePins(text), []);
});

test('search: all words, in name or labels, or a label exactly', () => {
  const [series] = storeOfCounter([1], 'Udp.Packets').series.values();
  assert.ok(series);
  assert.ok(matches(series, searchWords('  packets UDP ')));
  assert.ok(!matches(series, searchWords('udp tcp')));
});

test('names are compared without dots and _total', () => {
  assert.equal(plainName('server.requests'), 'server_requests');
  assert.equal(plainName('http_requests_total'), 'http_requests');
  const [family] = storeOfCounter([1], 'event.processing').families.values();
  assert.ok(family);
  assert.equal(packOf(family), 'events');
});

test('no name looks like another by turning the direction of writing, or by what is not seen', () => {
  assert.equal(readable('\u202elive'), '\ufffdlive');
  assert.equal(readable('a\u2066b\ufeff'), 'a\ufffdb\ufffd');
  assert.equal(readable('שלום 日本 🙂'), 'שלום 日本 🙂');
});

test('labels are shown by value where there is one key, unless that says nothing', () => {
  assert.equal(labelText({}), '');
  assert.equal(labelText({ source: 'mic' }), 'mic');
  assert.equal(labelText({ source: '' }), 'source=""');
  assert.equal(labelText({ source: '\u202emic', code: '' }), 'source=\ufffdmic code=""');
});
