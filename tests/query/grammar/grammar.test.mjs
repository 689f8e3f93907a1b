// kymo accepts and rejects mutated queries as the official grammar of PromQL does, @prometheus-io/lezer-promql.
//   node --test grammar.test.mjs, with KYMO_BIN, KYMO_QUERY_TESTS, and SEED and MUTATIONS for others; tools/grammar does it
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parser } from '@prometheus-io/lezer-promql';

const { KYMO_BIN: programs, KYMO_QUERY_TESTS: folder, SEED: seed = '20261130', MUTATIONS: mutations = '40000' } = process.env;

// Numbers from 0 to `below`, the same for each seed (mulberry32).
function makeRandom(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

// The queries of kymo's own scripts.
function readQueries() {
  const scripts = join(folder, 'scripts');
  const lines = readdirSync(scripts).flatMap((name) => readFileSync(join(scripts, name), 'utf8').split('\n'));
  const found = lines.map((line) => /^eval (?:instant at \S+|range from \S+ to \S+ step \S+) (.*)$/.exec(line)?.[1]);
  return [...new Set(found.filter((query) => query))];
}

const words = ['sum', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'bool', 'offset', '@', 'and', 'or', 'unless', 'atan2',
  'start', 'end', 'rate', 'topk', 'x', 'foo:bar', 'inf', 'nan', '(', ')', '[', ']', '{', '}', ',', '5m', '1h30m', '1', '0x1F', '1e3', '.5', '5.', '1_000',
  '"a"', "'b'", '`c`', '=', '!=', '=~', '!~', '==', '<=', '>', '+', '-', '*', '/', '%', '^', ':', '"\\n"', '# c\n', '\n', ' ', '1m30', '30s5m'];
const pieces = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[\w.]+|[=!<>~]+|\s+|./gsu;

// One to three changes of a query: of its words mostly, of its characters seldom.
function mutate(query, others, random) {
  let text = query;
  for (let left = 1 + random(3); left > 0; --left) {
    const parts = text.match(pieces) ?? [''];
    const at = random(parts.length);
    switch (random(7)) {
      case 0: parts.splice(at, 1); break;
      case 1: parts.splice(at, 0, words[random(words.length)]); break;
      case 2: parts[at] = words[random(words.length)]; break;
      case 3: parts.splice(at, 0, ' ', parts[at], ' '); break;
      case 4: [parts[at], parts[random(parts.length)]] = [parts[random(parts.length)], parts[at]]; break;
      case 5: {
        const other = others[random(others.length)].match(pieces);
        const from = random(other.length);
        parts.splice(at, random(3), ...other.slice(from, from + 1 + random(5)));
        break;
      }
      default: {
        const place = random(text.length + 1);
        const character = String.fromCharCode(32 + random(95));
        text = text.slice(0, place) + (random(2) ? character : '') + text.slice(place + random(2));
        continue;
      }
    }
    text = parts.join('');
  }
  return text;
}

// The official grammar marks what it cannot read with nodes of its own.
function isOfficial(text) {
  let isGood = true;
  parser.parse(text).iterate({ enter: (node) => { isGood &&= !node.type.isError; } });
  return isGood;
}

function askKymo(texts) {
  const input = texts.map((text) => JSON.stringify(text)).join('\n') + '\n';
  const { stdout, stderr, status } = spawnSync(join(programs, 'promql_answers'), ['--parse'], { input, maxBuffer: 1 << 30, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n').map((line) => JSON.parse(line).error);
}

// Where both differ. First come rules that are no grammar: Prometheus checks them after parsing, and so does kymo.
const checks = [
  /^(scalar|string|instant vector|range vector) (in|beside|behind) /,
  /^".*" with \d+ arguments/s,
  /^"(and|or|unless)" beside a scalar/,
  /^(on or ignoring|fill) beside a scalar/,
  /^comparison of two scalars without bool/,
  /^bool behind "/,
  /^second argument of "info"/,
  /^metric with two names/,
  /^(invalid label "|label ".*" in on\(\) and in group_)/s,
  /^selector of all series/,
  /^(range|"(offset|anchored|smoothed|@)") behind an expression/,
  /^(two |anchored and smoothed together)/,
  /^(@|offset) before the range/,
  /^(fill|group_left or group_right) with "/,
  /^(duration that is not above 0|duration out of range|division by zero in a duration|time behind @ out of range)/,
  /^(text that has|malformed regular expression)/,
  /^malformed number "\d+e\d{3}/i, // beyond a double
];
// Queries that the parser of Prometheus refuses; its grammar for editors is looser.
const loose = [
  /^text without an end/, // the end of the query ends a text there
  /^malformed number or duration "/i, // `1atan2 2` and `1.5or x`: there a word may follow a number at once
  /^unexpected "atan2" in expression/i, // a metric of this name
];
// Queries that the parser of Prometheus takes; its grammar for editors is stricter.
const strict = [
  /\b(max|min)_of\s*(#.*\n\s*)*\(/, // as functions of an expression
  /\boffset\b/i, // as the name of a metric
  /\d\.(?!\d)/, // `5.`
  /\b0(X|x[\da-f]*_)/i, // `0X5` and `0x1_000`
  /\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*:[^)]*\)/i, // labels with a colon
];

const isKnown = (text, error) => error === undefined ? strict.some((one) => one.test(text)) : [...checks, ...loose].some((one) => one.test(error));

test('mutated queries', () => {
  const random = makeRandom(Number(seed));
  const queries = readQueries();
  assert.ok(queries.length > 100, 'no queries');
  const texts = [...queries, ...Array.from({ length: Number(mutations) }, () => mutate(queries[random(queries.length)], queries, random))];
  const errors = askKymo(texts);
  let accepted = 0;
  const unknown = texts.map((text, place) => {
    const error = errors[place];
    const official = isOfficial(text);
    accepted += official && error === undefined ? 1 : 0;
    return official === (error === undefined) || isKnown(text, error) ? null : `${JSON.stringify(text)}: kymo ${error ?? 'accepts it'}`;
  });
  const found = unknown.filter((one) => one !== null);
  assert.equal(found.length, 0, `${found.length} differ, such as\n${found.slice(0, 20).join('\n')}`);
  // Mutations that no parser accepts would show little.
  assert.ok(accepted > texts.length / 20, `only ${accepted} of ${texts.length} are queries`);
});
