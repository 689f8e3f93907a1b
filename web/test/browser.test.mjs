// The page in a real browser, against the stand-in server: states that a real one is in by chance only. live.test.mjs has the real ones.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { changes, figure, markupThatRan, textOf, until } from './browser.mjs';
import { NARROW, PageTests } from './page_tests.mjs';
import { PAST_SESSIONS, peersRest, PEERS } from './peers.mjs';
import { History, StandInServer } from './stand_in_server.mjs';
import { XSS } from './worlds.mjs';

const tests = new PageTests();
const pageTest = tests.add.bind(tests);

const SESSIONS = [
  { session_id: 'b7f1c2', queue_fill_ratio: 0.97, realtime_factor: 1.3, level: 'EMERGENCY', dropped_total: 312 },
  { session_id: '0a93de', realtime_factor: 0.9, level: 'WARNING' },
  { session_id: '55d0f1', realtime_factor: 0.2 },
];
const uptime = (page) => textOf(page, '.server');

async function restart(stage, history = stage.history) {
  const { port } = stage.server;
  await stage.server.stop();
  return async () => { stage.server = await new StandInServer(history).start(port); };
}

pageTest('it loads, says how the server is, and shows eight tiles', {}, async (page, { server }) => {
  assert.equal(await textOf(page, '.verdict h2'), 'This server is well');
  assert.equal(await page.locator('.tile').count(), 8);
  assert.match(await figure(page, 'Requests'), /^\d+\s*\/s$/);
  assert.match(await figure(page, 'Latency p95'), /^[\d.]+\s*ms$/);
  assert.ok(await page.locator('.plot canvas').count() >= 4);
  const assets = new Set(server.requests.filter((url) => url !== '/'));
  assert.deepEqual([...assets].sort(), ['/assets/dashboard.css', '/assets/dashboard.js', '/assets/icon.svg', '/ws/metrics']);
});

pageTest('it changes each second', {}, async (page) => {
  for (let i = 0; i < 3; i++) await changes(() => uptime(page));
  await changes(() => figure(page, 'Network'));
});

pageTest('a server in trouble: the verdict names the reasons', { world: 'busy' }, async (page) => {
  assert.match(await textOf(page, '.verdict h2'), /degraded|unwell/);
  const reasons = await page.locator('.reason').allInnerTexts();
  assert.ok(reasons.some((reason) => reason.includes('stream.queue.fill_ratio (mic)')), reasons.join('; '));
});

/** A server that remembers ten minutes, and each second of them as `value(time)`. */
function withHistory(stage, value = () => 42) {
  stage.history.world.gauge('kymo_history_oldest_sample_timestamp_seconds', 'seconds', '', () => stage.history.frames[0].time - 600);
  stage.server.rest = ({ path, query }) => {
    if (path !== '/api/v1/query_range') return undefined;
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(query.get(name)));
    const answer = value(query.get('query'));
    if (typeof answer === 'number' && answer >= 400) return answer;
    const values = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => [start + i * step, String(answer)]);
    return { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } };
  };
}

const describedChart = (page) => page.locator('.chart', { hasText: 'Memory of this process' }).locator('.plot').getAttribute('aria-label');

pageTest('a chart shows the history that is older than the page, and a link to that moment shows the same', { warmUp: 1 }, async (page, stage) => {
  withHistory(stage);
  stage.history.step(Date.now() / 1000);
  await page.reload();
  await page.locator('.chart', { hasText: 'Memory of this process' }).scrollIntoViewIfNeeded();
  await until(() => describedChart(page), (text) => /the (4 min|5 min)/.test(text), 'five minutes');
  await page.getByRole('button', { name: '1 h', exact: true }).click();
  await until(() => describedChart(page), (text) => /the (9|10) min/.test(text), 'all that the server remembers');
  const at = Math.floor(Date.now() / 1000) - 300;
  await page.evaluate((moment) => { location.hash = `#/overview?span=60&at=${moment}`; }, at);
  await page.getByText(/^paused at/).waitFor();
  const shown = await until(() => describedChart(page), (text) => /the (59 s|1 min( 1 s)?) until/.test(text), 'a minute');
  assert.ok(stage.server.requests.some((one) => one.includes('query_range')), shown);
});

pageTest('a history that answers no query says so at the chart', { warmUp: 1 }, async (page, stage) => {
  withHistory(stage, () => 422);
  stage.history.step(Date.now() / 1000);
  await page.reload();
  await page.locator('.fault', { hasText: 'The past is not shown: the server answered 422' }).first().waitFor();
});

pageTest('a query in Explore: chart and table, kept in the list of queries, pinned to the board', { place: '#/explore', ready: '.explore-item' }, async (page, stage) => {
  withHistory(stage);
  const box = page.getByRole('combobox', { name: /^Search/ });
  await box.fill('2 * memory');
  await page.getByRole('figure', { name: '2 * memory' }).locator('canvas').waitFor();
  await page.getByRole('region', { name: 'Table of 2 * memory' }).getByText('42').first().waitFor();
  assert.equal(await page.locator('.explore-item').count(), 0);
  await box.press('Enter');
  await page.getByRole('combobox', { name: 'Earlier queries' }).locator('option', { hasText: '2 * memory' }).waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Pin 2 * memory to the board' }).click({ force: true });
  await page.getByRole('link', { name: 'Board' }).click();
  await page.getByRole('figure', { name: '2 * memory' }).locator('canvas').waitFor();
});

pageTest('a server without figures of its own: the process, and how to begin', { world: 'empty' }, async (page) => {
  assert.match(await textOf(page, '.empty-server pre'), /kymo::Monitor monitor;/);
  assert.ok(await page.locator('.chart').count() >= 5);
});

pageTest('where the token is asked for again the page goes there, and comes back to the same view', { place: '#/explore?q=memory', ready: '.connection-live' }, async (page, { server }) => {
  server.asksForToken = true;
  server.cut();
  await page.waitForURL(/\/login\?next=/);
  assert.equal(new URL(page.url()).searchParams.get('next'), '/#/explore?q=memory');
  server.asksForToken = false;
  await page.getByText('Let in').click();
  await page.waitForSelector('.connection-live');
  assert.equal(new URL(page.url()).hash, '#/explore?q=memory');
});

pageTest('the sessions page, too, notices that the token is asked for', { place: '#/sessions', ready: '.connection-live', sessions: SESSIONS }, async (page, { server }) => {
  await page.locator('tbody tr').first().waitFor();
  server.asksForToken = true;
  await page.waitForURL(/\/login\?next=%2F%23%2Fsessions/);
});

pageTest('after a restart of the connection there is no hole and no reload', {}, async (page, stage) => {
  await page.evaluate(() => { window.isTheSame = true; });
  const start = await restart(stage);
  await page.waitForSelector('.banner-lost');
  assert.match(await textOf(page, '.banner-lost'), /Disconnected since \d\d:\d\d:\d\d/);
  assert.match(await textOf(page, '.verdict h2'), /Unknown/);
  const cut = stage.history.last.seq;
  for (let i = 1; i <= 3; i++) stage.history.step(stage.history.last.time + 1);
  await start();
  await page.waitForSelector('.connection-live');
  await changes(() => uptime(page));
  assert.equal(await page.evaluate(() => window.isTheSame), true);
  assert.equal(await page.locator('.banner-lost').count(), 0);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save Server requests as CSV' }).first().click({ force: true })]);
  const rows = readFileSync(await saved.path(), 'utf8').trim().split('\r\n').slice(1).map((row) => row.split(','));
  const shown = new Map(rows.map(([time, value]) => [time, value]));
  const missed = stage.history.frames.filter(({ seq }) => seq > cut && seq <= cut + 3);
  assert.equal(missed.length, 3);
  for (const { time } of missed) assert.ok(shown.get(new Date(time * 1000).toISOString()), `nothing at ${time} of ${[...shown.keys()].slice(-8)}`);
});

pageTest('a process that started anew goes on in the charts of the one before, with a mark', { warmUp: 100 }, async (page, stage) => {
  const start = await restart(stage, new History('voice', { instance: 'instance-2' }));
  await start();
  await page.getByText(/restarted at \d\d:\d\d:\d\d/).waitFor();
  await changes(() => uptime(page));
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save Server requests as CSV' }).first().click({ force: true })]);
  const rates = readFileSync(await saved.path(), 'utf8').trim().split('\r\n').slice(1).map((row) => row.split(',')[1]);
  assert.ok(rates.filter((rate) => rate !== '').length > 80, `what was before is gone: ${rates.length}`);
  assert.ok(rates.includes(''), 'there is a gap between the two');
});

pageTest('a process that started anew without figures of its own says so', { warmUp: 100 }, async (page, stage) => {
  const start = await restart(stage, new History('empty', { instance: 'instance-2' }));
  await start();
  await page.waitForSelector('.empty-server');
});

pageTest('a client that is behind is told so, and told when it is no longer', {}, async (page, { server }) => {
  server.skip = 3;
  await page.getByText(/You are behind: .*3 frames were merged/).waitFor();
  await page.waitForSelector('.banner-behind', { state: 'detached' });
});

for (const place of ['', '#/explore', '#/board']) {
  pageTest(`what others named stays text at ${place || '#/overview'}`, { world: 'hostile', place, ready: 'main h1' }, async (page) => {
    if (place !== '#/board') await until(() => page.locator('main').innerText(), (text) => text.includes(XSS.slice(0, 20)), 'shown as text');
    assert.deepEqual(await markupThatRan(page), []);
  });
}

pageTest('explore: search, view, open and pin are in the address and survive a reload', { place: '#/explore', ready: '.explore-item' }, async (page) => {
  const all = await page.locator('.explore-item').count();
  await page.getByRole('combobox', { name: /^Search/ }).fill('udp received');
  await page.waitForFunction(() => document.querySelectorAll('.explore-item').length === 2);
  assert.ok(all > 40);
  await page.getByLabel('shown as').selectOption('raw');
  await page.locator('.item-open', { hasText: 'udp.packet.received' }).click();
  await page.waitForSelector('.open-charts .chart');
  await page.locator('.explore-item', { hasText: 'udp.packet.received' }).getByRole('button', { name: /^Pin/ }).click();
  await page.reload();
  await page.waitForSelector('.open-charts .chart');
  assert.equal(await page.getByRole('combobox', { name: /^Search/ }).inputValue(), 'udp received');
  assert.match(await textOf(page, '.open-charts h3'), /udp\.packet\.received · raw/);
  await page.getByRole('link', { name: 'Board' }).click();
  await page.waitForSelector('.chart');
  assert.match(await textOf(page, '.chart h3'), /udp\.packet\.received · raw/);
  const shared = await page.getByRole('link', { name: 'Address of this board' }).getAttribute('href');
  await page.evaluate(() => localStorage.clear());
  await page.goto(new URL(shared, page.url()).href);
  await page.reload();
  await page.waitForSelector('.shared');
  await page.waitForSelector('.chart');
});

pageTest('pause holds still, rewind goes back, live goes on; all in the address', { warmUp: 300 }, async (page) => {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForFunction(() => /at=\d/.test(location.hash));
  const shown = () => page.locator('.tile .figure').allInnerTexts();
  const before = await shown();
  for (let i = 0; i < 2; i++) await changes(() => uptime(page));
  assert.deepEqual(await shown(), before);
  await page.getByLabel('Rewind').press('PageDown');
  await page.locator('.rewind output', { hasText: 'ago' }).waitFor();
  await page.getByRole('button', { name: 'Live' }).click();
  await changes(() => figure(page, 'Network'));
  await page.waitForFunction(() => !/at=/.test(location.hash));
});

pageTest('a chart is zoomed by mouse and by key, all of them in step', { warmUp: 300 }, async (page) => {
  await page.locator('.plot canvas').first().waitFor();
  await page.locator('.plot').first().scrollIntoViewIfNeeded();
  const box = await page.locator('.plot').first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 80, { steps: 5 });
  await page.mouse.up();
  await page.waitForFunction(() => /span=\d+&at=/.test(location.hash));
  const span = Number(/span=(\d+)/.exec(page.url())[1]);
  assert.ok(span > 40 && span < 80, `${span} s`);
  await page.locator('.plot').first().focus();
  await page.keyboard.press('-');
  await page.waitForFunction((before) => Number(/span=(\d+)/.exec(location.hash)?.[1]) > before * 1.8, span);
  await page.keyboard.press('End');
  await page.waitForFunction(() => !/at=/.test(location.hash));
});

pageTest('a chart says in words and in a table what it shows, and gives its picture', {}, async (page) => {
  const chart = page.locator('.chart', { has: page.getByRole('heading', { name: 'Server requests' }) }).first();
  assert.match(await chart.locator('.plot').getAttribute('aria-label'), /^Server requests, the .* until \d\d:\d\d:\d\d: Server requests is \d+.* between/);
  await chart.getByRole('button', { name: 'Table of Server requests' }).click({ force: true });
  assert.match(await chart.locator('tbody tr').first().innerText(), /Server requests\s+\d/);
  const [saved] = await Promise.all([page.waitForEvent('download'), chart.getByRole('button', { name: 'Save Server requests as PNG' }).click({ force: true })]);
  assert.equal(readFileSync(await saved.path()).subarray(1, 4).toString(), 'PNG');
});

pageTest('sessions: how to get them, then a table, then one of them, then that it has ended', { place: '#/sessions', ready: '.empty h2' }, async (page, { server }) => {
  assert.match(await textOf(page, 'main h2'), /no sessions to show/);
  server.sessions = SESSIONS;
  await page.reload();
  await page.locator('tbody tr').nth(2).waitFor();
  assert.match(await page.locator('tbody tr', { hasText: 'b7f1c2' }).innerText(), /unwell\s*queue full, slower than real time, emergency\s*97%\s*1\.30\s*emergency/);
  await page.getByRole('link', { name: 'b7f1c2' }).click();
  await page.locator('.facts', { hasText: 'Real-time factor' }).waitFor();
  await page.locator('.plot canvas').nth(3).waitFor();
  server.sessions = SESSIONS.slice(1);
  await page.getByText(/Ended at \d\d:\d\d:\d\d/).waitFor();
  await page.getByRole('link', { name: 'All sessions' }).click();
  await page.getByRole('region', { name: 'Sessions that ended lately' }).getByRole('link', { name: 'b7f1c2' }).waitFor();
  await page.getByLabel('sorted by').selectOption('queue_fill_ratio');
  await until(() => server.requests.at(-1), (url) => url.endsWith('by=queue_fill_ratio'));
});

const UNWELL = { ...SESSIONS[0], session_id: 'a-session-with-a-long-name', provider: 'whisper', model_id: 'large-v3-turbo-with-a-long-name', queue_depth: 50, backlog_seconds: 5, dropped_total: 126_000, dropped_recent: 900, lag_seconds: 5, errors: 12, realtime_factor: 0.001 };
for (const width of [1280, 2560]) {
  const options = { viewport: { width, height: 900 } };
  pageTest(`an unwell session leaves every column in view, and the page uses its width: ${width} px`, { place: '#/sessions', ready: 'tbody tr', sessions: [UNWELL, ...SESSIONS], options }, async (page) => {
    const heads = await page.locator('main table').first().locator('th').evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().right));
    assert.ok(heads.length >= 10);
    assert.ok(Math.max(...heads) <= width, `a column ends at ${Math.max(...heads)}`);
    const main = await page.locator('main').evaluate((element) => element.getBoundingClientRect().width);
    const table = await page.locator('main table').first().evaluate((element) => element.getBoundingClientRect().width);
    assert.ok(Math.min(main, table) >= 0.85 * width, `${main} and ${table} of ${width} px`);
  });
}

pageTest('recent sessions between peers stand below the live ones, with links to the peers', { place: '#/sessions', ready: 'tbody tr', sessions: SESSIONS, rest: peersRest(PEERS, PAST_SESSIONS) }, async (page) => {
  const rows = page.getByRole('region', { name: 'Recent sessions between peers' }).locator('tbody tr');
  await rows.nth(1).waitFor();
  const [first, second] = await rows.allInnerTexts();
  assert.match(first, /Friday night\s+game\s+6 Mar, \d\d:\d1:00\s+21 min so far\s+anna\s*ben\s+10\.2 ms\s+14\.8 ms\s+81\.5 ms/);
  assert.match(second, /s-2\s+call\s+6 Mar, \d\d:\d0:00\s+12 min 30 s cut off\s+carl\s+–\s+–\s+–/);
  await rows.first().getByRole('link', { name: 'ben' }).click();
  await page.getByRole('heading', { name: 'Peer Ben' }).waitFor();
});

pageTest('a server that has sessions between peers only shows those, and no advice', { place: '#/sessions', ready: '#recent-sessions', rest: peersRest(PEERS, PAST_SESSIONS) }, async (page) => {
  await until(() => page.getByText('no sessions to show').count(), (count) => count === 0);
  assert.equal(await page.getByRole('region', { name: 'Recent sessions between peers' }).locator('tbody tr').count(), 2);
});

pageTest('names of sessions between peers stay text', { place: '#/sessions', ready: '#recent-sessions', rest: peersRest([], [{ ...PAST_SESSIONS[0], kind: XSS, name: XSS, peers: [XSS, '', '../..', 'a/b?c#d'] }]) }, async (page) => {
  assert.ok((await page.locator('main').innerText()).includes(XSS));
  assert.deepEqual(await markupThatRan(page), []);
  await page.getByRole('link', { name: 'a/b?c#d' }).click();
  await page.getByText('This server has no peer a/b?c#d').waitFor();
});

pageTest('the keyboard alone goes everywhere', {}, async (page) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  assert.match(page.url(), /\/(#\/overview)?$/);
});

const AUDITED = [
  ['the first screen', { world: 'busy' }], ['the first screen, dark', { options: { colorScheme: 'dark' } }], ['an empty server', { world: 'empty' }],
  ['a narrow screen', { options: NARROW }],
  ['explore', { place: '#/explore?q=udp&open=%5B%22udp.packet.received%22%5D', ready: '.open-charts .chart' }],
  ['sessions', { place: '#/sessions', ready: 'tbody tr', sessions: SESSIONS }], ['a session', { place: '#/sessions/b7f1c2', ready: '.facts', sessions: SESSIONS }],
  ['recent sessions, narrow', { place: '#/sessions', ready: '#recent-sessions', sessions: SESSIONS, rest: peersRest(PEERS, PAST_SESSIONS), options: NARROW }],
  ['an empty board', { place: '#/board', ready: 'main h1' }], ['no sessions', { place: '#/sessions', ready: 'main h2' }],
];
for (const [name, setting] of AUDITED) tests.addAudit(name, setting);

tests.run('the page over a server that does not exist');
