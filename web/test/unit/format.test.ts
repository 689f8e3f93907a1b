import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Family, labelText } from '../../src/data/series';
import { csvField, csvText } from '../../src/format/files';
import { amountText, axisText, axisTexts, cutRatioText, durationText, factorText, rateUnit, scoreText } from '../../src/format/numbers';
import { logSplits } from '../../src/charts/log_axis';
import { readable } from '../../src/format/readable';
import { unitOf } from '../../src/model/lines';
import { titleOf } from '../../src/model/roles';
import { packOf, plainName } from '../../src/model/names';
import { parsePins } from '../../src/model/pins';
import { matches, searchWords } from '../../src/model/search';
import { parsePlace, placeText } from '../../src/routing';
import { storeOfCounter } from './frames';

const TEXTS: Record<string, (value: number, unit: string) => string> = {
  amount: amountText, duration: (value) => durationText(value), ratio: cutRatioText, score: (value) => scoreText(value), factor: factorText,
};

const NUMBERS: Record<string, number> = { inf: Infinity, '-inf': -Infinity, nan: NaN };

test('the time when the host booted is a date, and how long it runs is a duration', () => {
  const gauge = (name: string, unit: string) => ({ id: 1, name, kind: 'gauge', unit, help: '', series: [] }) as unknown as Family;
  const boot = unitOf(gauge('node_boot_time_seconds', 'seconds'), 'raw');
  assert.match(amountText(1795921925, boot), /^2026-11-2\d \d\d:\d\d:\d\d$/);
  assert.equal(amountText(93784, unitOf(gauge('process_uptime_seconds', 'seconds'), 'raw')), durationText(93784));
});

test('numbers are those of the terminal', () => {
  process.env.TZ = 'UTC';
  const lines = readFileSync('test/number_texts.tsv', 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(lines.length > 100);
  for (const line of lines) {
    const [writer = '', number = '', unit = '', text] = line.split('\t');
    assert.equal(TEXTS[writer]?.(NUMBERS[number] ?? Number(number), unit), text, line);
  }
  assert.equal(amountText(null, 'bytes'), '–');
  assert.deepEqual([scoreText(52.44, 1), scoreText(59.97, 1), scoreText(60, 1)], ['52.4', '59.9', '60.0']);
});

test('an axis has no zeros at the end, and no label twice', () => {
  assert.equal(axisText(0.5, 'cores'), '0.5 cores');
  assert.equal(axisText(1.5 * 1024, 'bytes'), '1.5 KiB');
  assert.equal(axisText(100, ''), '100');
  assert.equal(axisText(0.00002, ''), '2e-5');
  const axes: Array<[number[], string]> = [
    [[0, 0.001, 0.002, 0.003, 0.004], ''], [[0.0995, 0.0996, 0.0997], ''], [[1000000, 1000100, 1000200], ''], [[99.95, 99.96, 99.97, 100], ''],
    [[3600, 3610, 3620, 3630], 'seconds'], [[300, 300.25, 300.5, 300.75], 'seconds'], [[0.9995, 0.9997, 1], 'ratio'], [[2 ** 30, 2 ** 30 + 1024], 'bytes'],
    [[1795921925, 1795921926, 1795921927], 'unix_seconds'], [[1795900000, 1796000000], 'unix_seconds'],
  ];
  for (const [values, unit] of axes) {
    const texts = axisTexts(values, unit).filter(Boolean);
    assert.equal(new Set(texts).size, texts.length, texts.join(' | '));
    assert.ok(texts.length >= 2 || unit === 'seconds', texts.join(' | '));
  }
  assert.deepEqual(axisTexts([0, null, 0.5], ''), ['0', '', '0.5']);
  assert.deepEqual(axisTexts([1, 1], ''), ['', '1']);
});

test('rates have units', () => {
  assert.equal(rateUnit(''), '/s');
  assert.equal(rateUnit('bytes'), 'bytes_per_second');
  assert.equal(amountText(0.5, rateUnit('seconds')), '0.50 s/s');
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

const goldenLines = (name: string) => readFileSync(`test/${name}`, 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#') && line.includes('\t'));

test('characters that the terminal hides are hidden', () => {
  const lines = goldenLines('characters.tsv');
  assert.equal(lines.length, 20);
  for (const line of lines) {
    const [first = '', last = '', what] = line.split('\t');
    for (let point = parseInt(first, 16); point <= parseInt(last, 16); point++) {
      const text = String.fromCodePoint(point);
      assert.equal(readable(`a${text}b`), what === 'shown' ? `a${text}b` : 'a\ufffdb', `${point.toString(16)}: ${line}`);
    }
  }
});

test('titles are those of the terminal', () => {
  const lines = goldenLines('titles.tsv');
  assert.equal(lines.length, 11);
  for (const line of lines) {
    const [name = '', title] = line.split('\t');
    assert.equal(titleOf({ name }), title);
  }
});

test('a logarithmic axis has lines, however close its values are', () => {
  assert.deepEqual(logSplits(0.5, 5000), [1, 10, 100, 1000]);
  assert.deepEqual(logSplits(0.9, 12), [1, 2, 5, 10]);
  for (const [least, most] of [[0.0011, 0.0013], [3.1, 3.9], [6, 9], [101, 102], [1e-9, 1.1e-9]] as const) {
    const splits = logSplits(least, most);
    assert.ok(splits.length >= 3 && splits.length <= 8 && splits.every((one) => one >= least * 0.999 && one <= most * 1.001), `${least} ${most}: ${splits.join(' ')}`);
    assert.ok(axisTexts(splits, '').filter(Boolean).length === splits.length, splits.join(' '));
  }
  assert.deepEqual(logSplits(0, 5), []);
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
