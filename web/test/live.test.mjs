// The page in a real browser over the real programs: the voice server with clients that stream to it, `kymo serve`, and
// tests/web/dashboard_server.cc for what those do not have.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { changes, faultsForAccess, figure, launchBrowser, markupThatRan, openPage, textOf, until } from './browser.mjs';
import { startEmptyServer, startMadeServer, startVoiceServer } from './programs.mjs';

const MARKUP = '<img src=x onerror=';
let browser;
let voice;

async function withPage(address, options, body) {
  const { page, context, faults } = await openPage(browser, address, options);
  try {
    await body(page);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

async function withServer(starting, place, body) {
  const server = await starting;
  try {
    await withPage(server.address + place, {}, (page) => body(page, server));
  } finally {
    await server.stop();
  }
}

/** Frames of the page's WebSocket, from now on. */
function framesOf(page) {
  const frames = { sent: [], received: [] };
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => frames.sent.push(JSON.parse(payload)));
    socket.on('framereceived', ({ payload }) => frames.received.push(JSON.parse(payload)));
  });
  return frames;
}

const deltas = (frames) => frames.received.filter(({ type }) => type === 'delta');

const CASES = {
  'it loads: a verdict in words, eight tiles with numbers, latency as a heat map, sessions': () => withPage(voice.address, {}, async (page) => {
    await page.locator('.verdict h2', { hasText: /^This server is (well|degraded|unwell)$/ }).waitFor();
    assert.equal(await page.locator('.tile').count(), 8);
    await until(() => page.locator('.tile .figure').allInnerTexts(), (figures) => figures.length === 9 && figures.every((text) => /\d/.test(text)), 'nine numbers');
    await page.locator('.chart', { hasText: 'Latency' }).locator('canvas').first().waitFor();
    for (const label of ['p50', 'p95', 'p99']) await page.locator('.legend', { hasText: label }).first().waitFor();
    await page.getByRole('region', { name: 'The slowest sessions' }).locator('tbody tr').first().waitFor();
  }),

  'it changes each second': () => withPage('about:blank', {}, async (page) => {
    const frames = framesOf(page);
    await page.goto(voice.address);
    await until(() => deltas(frames), ({ length }) => length >= 4, 'four deltas');
    const known = deltas(frames);
    assert.equal(frames.received[0].type, 'hello');
    assert.equal(frames.received[0].rate_hz, 1);
    // Where the machine is busy frames are joined; none comes twice.
    for (let i = 1; i < known.length; i++) assert.ok(known[i].seq > known[i - 1].seq);
    for (let i = 0; i < 3; i++) await changes(() => textOf(page, '.server'));
    await changes(() => figure(page, 'Requests'));
  }),

  'ten times a second where that is asked for': () => withPage('about:blank', {}, async (page) => {
    const frames = framesOf(page);
    await page.goto(voice.address);
    await page.waitForSelector('.tile');
    await page.getByRole('button', { name: '10 Hz' }).click();
    await until(() => frames.sent.at(-1), (message) => message.rate_hz === 10, 'asked for');
    await until(() => deltas(frames), ({ length }) => length >= 20, 'twenty deltas');
    assert.match(page.url(), /hz=10/);
    await page.reload();
    await until(() => frames.sent.at(-1), (message) => message.rate_hz === 10 && message.since === undefined, 'asked for again');
  }),

  'after the server was killed and started anew the page goes on by itself': () => withServer(startVoiceServer(), '', async (page, server) => {
    await page.waitForSelector('.tile');
    await page.evaluate(() => { window.isTheSame = true; });
    await server.stop('SIGKILL');
    await page.waitForSelector('.banner-lost');
    assert.match(await textOf(page, '.verdict h2'), /Unknown/);
    server.programs = (await startVoiceServer({ listen: server.endpoint })).programs;
    await page.waitForSelector('.connection-live');
    await page.waitForSelector('.banner-lost', { state: 'detached' });
    await page.getByText(/restarted at \d\d:\d\d:\d\d/).waitFor();
    for (let i = 0; i < 2; i++) await changes(() => textOf(page, '.server'));
    assert.equal(await page.evaluate(() => window.isTheSame), true);
    assert.match(await textOf(page, '.verdict h2'), /This server is/);
  }),

  'a session of the table opens as a page of its own': () => withPage(voice.address, {}, async (page) => {
    const link = page.getByRole('region', { name: 'The slowest sessions' }).locator('tbody a').first();
    await link.waitFor();
    // Which session is the slowest changes, and clients come and go: the name is read where it is opened.
    const id = await link.evaluate((element) => { element.click(); return element.textContent; });
    await page.getByRole('heading', { name: `Session ${id}` }).waitFor();
    await page.locator('.facts', { hasText: 'Real-time factor' }).waitFor();
    await page.locator('.plot canvas').first().waitFor();
    await page.getByRole('link', { name: 'All sessions' }).click();
    await page.getByRole('region', { name: 'Sessions', exact: true }).locator('tbody tr').first().waitFor();
    // Clients leave now and then.
    await page.getByRole('region', { name: 'Sessions that ended lately' }).locator('tbody tr').first().waitFor();
  }),

  'the profiler of a real server: started, looked into, stopped and reset from the page': () => withServer(startVoiceServer({ clients: 2 }), '#/profile', async (page) => {
    await page.getByRole('heading', { name: 'The profiler is off' }).waitFor();
    await page.getByRole('button', { name: 'Start' }).click();
    const rows = page.getByRole('region', { name: 'Functions by time' }).locator('tbody tr');
    await rows.filter({ hasText: 'ChunkAnalyzer::process' }).waitFor();
    await changes(() => rows.filter({ hasText: 'ChunkAnalyzer::process' }).innerText());
    await page.locator('.flame canvas').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await until(() => page.locator('.flame-words').innerText(), (text) => /: .*s, [\d.]+% of all; by itself/.test(text), 'a thread in words');
    const [trace] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Trace for Perfetto' }).click()]);
    assert.ok(JSON.parse(readFileSync(await trace.path(), 'utf8')).traceEvents.length > 0);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/off; the figures are of/).waitFor();
    assert.deepEqual(await faultsForAccess(page), []);
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('heading', { name: 'The profiler is off' }).waitFor();
  }),

  'explore finds a series, and the board keeps it': () => withPage(`${voice.address}#/explore?q=events.received`, {}, async (page) => {
    const item = page.locator('.explore-item').filter({ has: page.getByText('events.received', { exact: true }) });
    await changes(() => item.locator('.item-value').innerText());
    await item.getByRole('button', { name: /^Pin/ }).click({ force: true });
    await page.getByRole('link', { name: 'Board' }).click();
    await page.locator('.chart', { hasText: 'events.received · rate' }).locator('canvas').first().waitFor();
  }),

  'the past: a page opened later shows what was before it, and a link shows the same minute in another page': () => withServer(startEmptyServer(), '', async (first, server) => {
    const seconds = (text) => Number(/up (?:(\d+) min )?(\d+) s/.exec(text)?.[2] ?? 0);
    await until(() => textOf(first, '.server'), (text) => seconds(text) >= 15, 'fifteen seconds');
    const described = (page) => page.locator('.chart', { hasText: 'Memory of this process' }).locator('.plot').getAttribute('aria-label');
    const length = (text) => Number(/the (\d+) s until/.exec(text ?? '')?.[1] ?? 0);
    await withPage(server.address, {}, async (second) => {
      await second.locator('.chart', { hasText: 'Memory of this process' }).scrollIntoViewIfNeeded();
      // Longer than this page can have seen by itself when it is first described.
      await until(() => described(second), (text) => length(text) >= 10, 'seconds before the page was opened');
      const at = await second.evaluate(() => Math.floor(Date.now() / 1000) - 6);
      const shown = [];
      for (const page of [first, second]) {
        await page.evaluate((moment) => { location.hash = `#/overview?span=5&at=${moment}`; }, at);
        await page.getByText(/^paused at/).waitFor();
        await page.locator('.chart', { hasText: 'Memory of this process' }).scrollIntoViewIfNeeded();
        shown.push(await until(() => described(page), (text) => length(text) > 0 && length(text) <= 6, 'those five seconds'));
      }
      assert.equal(/until (\S+):/.exec(shown[0])[1].slice(0, 5), /until (\S+):/.exec(shown[1])[1].slice(0, 5));
    });
  }),

  'PromQL in Explore: completion, chart and table; a wrong query shows its error at its place': () => withServer(startEmptyServer(), '#/explore', async (page) => {
    const box = page.getByRole('combobox', { name: /^Search/ });
    await page.locator('.explore-item').first().waitFor();
    await box.pressSequentially('sum by (mode) (rate(node_cpu_sec');
    await page.getByRole('option', { name: /^node_cpu_seconds_total/ }).waitFor();
    await box.press('ArrowDown');
    await box.press('Enter');
    await box.pressSequentially('[10s]))');
    await page.getByRole('region', { name: /^Table of sum by/ }).getByText('user').waitFor();
    assert.deepEqual(await faultsForAccess(page), []);
    await box.fill('sum(rate(node_cpu_seconds_total[10s])');
    await until(() => page.locator('.said').innerText().catch(() => ''), (text) => /^\s{37}\^$/m.test(text) && /unexpected end/.test(text), 'the error below its place');
    await box.fill('rate(node_load1[10s])');
    await page.getByText(/might not be a counter/).waitFor();
    await box.fill('load');
    await page.locator('.explore-item').first().waitFor();
  }),

  'names and labels of a hostile program stay text': () => withServer(startMadeServer('hostile'), '', async (page) => {
    for (const place of ['#/overview', '#/explore', '#/peers', '#/sessions']) {
      await page.evaluate((hash) => { location.hash = hash; }, place);
      await until(() => page.locator('main').innerText(), (text) => text.includes(MARKUP), `shown as text at ${place}`);
      assert.deepEqual(await markupThatRan(page), [], place);
    }
    await page.locator('tbody a').first().click();
    await page.getByRole('heading', { name: `Session ${MARKUP}` }).waitFor();
    assert.deepEqual(await markupThatRan(page), []);
    await page.evaluate(() => { location.hash = '#/peers'; });
    const peers = page.getByRole('region', { name: 'Peers' }).locator('tbody a');
    await peers.nth(2).waitFor();
    for (const name of await peers.allInnerTexts()) {
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { name: `Peer ${name}`, exact: true }).waitFor();
      await page.locator('.facts', { hasText: 'Latency now' }).waitFor();
      assert.deepEqual(await markupThatRan(page), []);
      await page.getByRole('link', { name: 'All peers' }).click();
    }
  }),

  'peers of a real server, one of them lossy, each with a page of its own, and their sessions': () => withServer(startMadeServer('busy'), '#/peers', async (page) => {
    const rows = page.getByRole('region', { name: 'Peers' }).locator('tbody tr');
    await until(() => rows.filter({ hasText: 'carl' }).innerText(), (text) => /\b(2\d|3\d)(\.\d)?%/.test(text), 'a loss of a quarter');
    assert.match(await rows.filter({ hasText: 'anna' }).innerText(), /connected[\s\S]*1\d\.\d ms[\s\S]*\s0%[\s\S]*KiB\/s[\s\S]*\s4\.\d\d\s/);
    await page.getByRole('heading', { name: /^Network quality: \w/ }).waitFor();
    await changes(() => rows.filter({ hasText: 'anna' }).innerText());
    await page.getByRole('link', { name: 'carl' }).click();
    await until(() => page.getByRole('figure', { name: 'Loss' }).locator('.legend-value').innerText(), (text) => text === '25%', 'a quarter of the last twenty');
    await page.getByRole('img', { name: /^Path score, by hour: [12] of 24 hours are known/ }).waitFor();
    for (const title of ['Path score', 'Voice over this path', 'Traffic']) await page.getByRole('region', { name: title, exact: true }).waitFor();
    await page.evaluate(() => { location.hash = '#/sessions'; });
    const game = page.getByRole('region', { name: 'Recent sessions between peers' }).locator('tr', { hasText: 'game' });
    await until(() => game.innerText(), (text) => /so far[\s\S]*anna\s*ben\s*carl[\s\S]*ms[\s\S]*ms[\s\S]*ms/.test(text), 'a game that goes on, with latencies');
    assert.deepEqual(await faultsForAccess(page), []);
  }),

  'a process without figures of its own: how to begin': () => withServer(startEmptyServer(), '', async (page) => {
    assert.match(await textOf(page, '.empty-server pre'), /kymo::Monitor monitor;/);
    assert.equal(await page.locator('.tile').count(), 8);
    await page.evaluate(() => { location.hash = '#/sessions'; });
    await page.locator('.empty h2', { hasText: 'no sessions to show' }).waitFor();
  }),

  'a thousand series that all change': () => withServer(startMadeServer('busy'), '#/explore?q=many', async (page) => {
    await until(() => page.locator('.explore-item').count(), (count) => count === 1000, 'a thousand');
    for (let i = 0; i < 3; i++) await changes(() => textOf(page, '.item-value'));
    await page.evaluate(() => { location.hash = '#/overview'; });
    await page.locator('.reason', { hasText: /of 8 sessions not well; a1c4: queue full, slower than real time/ }).waitFor();
  }),

  'axe finds nothing, light and dark': () => withServer(startMadeServer('busy'), '', async (page) => {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.locator('.session-id').first().waitFor();
      assert.deepEqual(await faultsForAccess(page), [], colorScheme);
    }
  }),
};

describe('the page over real servers', { concurrency: 2 }, () => {
  before(async () => {
    browser = await launchBrowser();
    voice = await startVoiceServer({ clients: 4 });
  });
  after(async () => {
    await browser?.close();
    await voice?.stop();
  });
  for (const [name, run] of Object.entries(CASES)) test(name, { timeout: 240_000 }, run);
});
