// The page in a real browser, against the stand-in server.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launchBrowser, openPage } from './browser.mjs';
import { SESSIONS } from './sessions.mjs';
import { History, StandInServer } from './stand_in_server.mjs';
import { XSS } from './worlds.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser;

before(async () => { browser = await launchBrowser(); });
after(async () => { await browser.close(); });

/** Runs `body` with a server of that world and a page that must do nothing wrong. */
function pageTest(name, { world = 'voice', warmUp = 60, place = '', ready = '.tile', options = {} }, body) {
  test(name, { timeout: 60_000 }, async () => {
    const history = new History(world, { warmUp });
    const server = await new StandInServer(history).start();
    const stage = { server, history };
    const { page, context, faults } = await openPage(browser, server.address + place, options);
    try {
      await page.waitForSelector(ready);
      await body(page, stage);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
      await stage.server.stop().catch(() => {});
    }
  });
}

const textOf = (page, selector) => page.locator(selector).first().innerText();
const uptime = (page) => textOf(page, '.server');
const figure = (page, title) => page.locator('.tile', { hasText: title }).locator('.figure').first().innerText();

async function changes(page, read, within = 4000) {
  const before = await read();
  await page.waitForTimeout(100);
  const end = Date.now() + within;
  while (Date.now() < end) {
    if (await read() !== before) return true;
    await page.waitForTimeout(100);
  }
  return false;
}

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
  assert.deepEqual([...assets].sort(), ['/assets/dashboard.css', '/assets/dashboard.js', '/assets/icon.svg']);
});

pageTest('it changes each second', {}, async (page) => {
  assert.ok(await changes(page, () => uptime(page)));
  assert.ok(await changes(page, () => figure(page, 'Network')));
});

pageTest('a server in trouble: the verdict names the reasons', { world: 'busy' }, async (page) => {
  assert.match(await textOf(page, '.verdict h2'), /degraded|unwell/);
  const reasons = await page.locator('.reason').allInnerTexts();
  assert.ok(reasons.some((reason) => reason.includes('stream.queue.fill_ratio (mic)')), reasons.join('; '));
});

pageTest('a server without figures of its own: the process, and how to begin', { world: 'empty' }, async (page) => {
  assert.match(await textOf(page, '.empty-server pre'), /kymo::Monitor monitor;/);
  assert.ok(await page.locator('.chart').count() >= 5);
});

pageTest('after a restart of the connection there is no hole and no reload', {}, async (page, stage) => {
  await page.evaluate(() => { window.isTheSame = true; });
  const start = await restart(stage);
  await page.waitForSelector('.banner-lost');
  assert.match(await textOf(page, '.banner-lost'), /Disconnected since \d\d:\d\d:\d\d/);
  assert.match(await textOf(page, '.verdict h2'), /Not known/);
  for (let i = 3; i > 0; i--) {
    stage.history.step(Date.now() / 1000);
    await page.waitForTimeout(1000);
  }
  await start();
  await page.waitForSelector('.connection-live', { timeout: 15_000 });
  assert.ok(await changes(page, () => uptime(page)));
  assert.equal(await page.evaluate(() => window.isTheSame), true);
  assert.equal(await page.locator('.banner-lost').count(), 0);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save Server requests as CSV' }).first().click({ force: true })]);
  const rows = readFileSync(await saved.path(), 'utf8').trim().split('\r\n').slice(1).map((row) => row.split(','));
  const seconds = rows.slice(-10).map(([time]) => Date.parse(time) / 1000);
  for (let i = 1; i < seconds.length; i++) assert.ok(seconds[i] - seconds[i - 1] < 2.6, `a hole of ${seconds[i] - seconds[i - 1]} s`);
  for (const [time, value] of rows.slice(-10)) assert.notEqual(value, '', `nothing at ${time}`);
});

pageTest('a process that started anew is not mixed with the one before', { warmUp: 100 }, async (page, stage) => {
  const start = await restart(stage, new History('empty', { instance: 'instance-2' }));
  await start();
  await page.waitForSelector('.empty-server', { timeout: 15_000 });
  assert.equal(await page.getByText('udp.packet').count(), 0);
});

pageTest('a client that is behind is told so, and told when it is no longer', {}, async (page, { server }) => {
  server.skip = 3;
  await page.waitForSelector('.banner-behind', { timeout: 10_000 });
  assert.match(await textOf(page, '.banner-behind'), /You are behind/);
  await page.waitForSelector('.banner-behind', { state: 'detached', timeout: 15_000 });
});

for (const place of ['', '#/explore', '#/board']) {
  pageTest(`what others named stays text at ${place || '#/overview'}`, { world: 'hostile', place, ready: 'main h1' }, async (page) => {
    await page.waitForTimeout(1500);
    await page.locator('summary').evaluateAll((summaries) => summaries.forEach((summary) => summary.parentElement.open || summary.click()));
    await page.waitForTimeout(500);
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.locator('img[src="x"], main svg[onload], main script').count(), 0);
    if (place !== '#/board') assert.ok((await page.locator('main').innerText()).includes(XSS.slice(0, 20)));
  });
}

pageTest('explore: search, view, open and pin are in the address and survive a reload', { place: '#/explore', ready: '.explore-item' }, async (page) => {
  const all = await page.locator('.explore-item').count();
  await page.getByRole('searchbox').fill('udp received');
  await page.waitForFunction(() => document.querySelectorAll('.explore-item').length === 2);
  assert.ok(all > 40);
  await page.getByLabel('shown as').selectOption('raw');
  await page.locator('.item-open', { hasText: 'udp.packet.received' }).click();
  await page.waitForSelector('.open-charts .chart');
  await page.locator('.explore-item', { hasText: 'udp.packet.received' }).getByRole('button', { name: /^Pin/ }).click();
  await page.reload();
  await page.waitForSelector('.open-charts .chart');
  assert.equal(await page.getByRole('searchbox').inputValue(), 'udp received');
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
  await page.waitForTimeout(300);
  assert.match(page.url(), /at=\d/);
  const shown = () => textOf(page, '.chart .legend-value');
  assert.equal(await changes(page, shown, 2500), false);
  await page.getByLabel('Rewind').press('PageDown');
  assert.match(await textOf(page, '.rewind output'), /ago/);
  await page.getByRole('button', { name: 'Live' }).click();
  assert.ok(await changes(page, () => figure(page, 'Network')));
  await page.waitForTimeout(300);
  assert.doesNotMatch(page.url(), /at=/);
});

pageTest('a chart is zoomed by mouse and by key, all of them in step', { warmUp: 300 }, async (page) => {
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
  await page.waitForFunction((before) => Number(/span=(\d+)/.exec(location.hash)?.[1]) === before * 2 || !/span=/.test(location.hash), span).catch(() => {});
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

pageTest('sessions: how to get them, and then a table', { place: '#/sessions', ready: 'main h2' }, async (page, { server }) => {
  assert.match(await textOf(page, 'main h2'), /no sessions to show/);
  server.sessions = SESSIONS;
  await page.reload();
  await page.waitForSelector('main table');
  assert.equal(await page.locator('tbody tr').count(), 3);
  await page.getByRole('link', { name: '0a93de' }).click();
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
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
  ['a narrow screen', { options: { viewport: { width: 360, height: 740 } } }],
  ['explore', { place: '#/explore?q=udp&open=%5B%22udp.packet.received%22%5D', ready: '.open-charts .chart' }],
  ['an empty board', { place: '#/board', ready: 'main h1' }], ['no sessions', { place: '#/sessions', ready: 'main h2' }],
];
for (const [name, setting] of AUDITED) {
  pageTest(`axe finds nothing: ${name}`, setting, async (page) => {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`), []);
  });
}

pageTest('a narrow screen does not scroll sideways', { options: { viewport: { width: 360, height: 740 } } }, async (page) => {
  const [scrolled, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(scrolled <= shown, `${scrolled} > ${shown}`);
});

pageTest('a thousand series on one page cost little', { world: 'thousand', warmUp: 30, place: '#/explore?q=many', ready: '.explore-item' }, async (page) => {
  await page.waitForTimeout(3000);
  assert.equal(await page.locator('.explore-item').count(), 1000);
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const busySeconds = async () => (await client.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
  const before = await busySeconds();
  const begin = Date.now();
  await page.waitForTimeout(5000);
  const share = (await busySeconds() - before) / ((Date.now() - begin) / 1000);
  process.stdout.write(`# a thousand series: ${(share * 100).toFixed(1)} % of one core in the page's main thread\n`);
  assert.ok(share < 0.5, `${share}`);
});
