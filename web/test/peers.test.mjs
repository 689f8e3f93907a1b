// The pages of peers, in a real browser against the stand-in server.

import assert from 'node:assert/strict';
import { changes, markupThatRan, textOf, until } from './browser.mjs';
import { DARK, NARROW, PageTests } from './page_tests.mjs';
import { peerAnswer, peersRest, PEERS, probesAnswer } from './peers.mjs';
import { XSS } from './worlds.mjs';

const tests = new PageTests();
const rest = peersRest(PEERS);
const rowsOf = (page) => page.getByRole('region', { name: 'Peers' }).locator('tbody tr');
const names = (page) => rowsOf(page).locator('th').allInnerTexts();
const LIST = { place: '#/peers', ready: '.table-card tbody tr', rest };
const PEER = { place: '#/peers/carl', ready: '.plot canvas', rest };

tests.add('peers: the network in words, those first that are unwell, each with its figures', LIST, async (page) => {
  await page.getByRole('heading', { name: 'Network quality: fair' }).waitFor();
  assert.match(await textOf(page, '[aria-label="Network quality"] p'), /^54 of 100, grade C; 2 of 4 peers well connected\.$/);
  assert.deepEqual(await names(page), ['Dora', 'Carl', 'Ben', 'Anna']);
  const [dora, carl, , anna] = await rowsOf(page).allInnerTexts();
  assert.match(anna, /^Anna\s+connected\s+excellent\s+94\s+→\s+stable\s+12\.5 ms\s+1\.42 ms\s+0%\s+128 KiB\/s\s+96 KiB\/s\s+4\.39\s+1 h 1 min$/);
  assert.match(carl, /^Carl\s+degraded\s+poor\s+31\s+↘\s+degrading\s+–\s+31 ms\s+8\.30%/);
  assert.match(dora, /^Dora\s+disconnected\s+poor\s+0\s+→\s+stable\s+–\s+–\s+100%\s+–\s+–\s+–/);
  assert.equal(await rowsOf(page).locator('.shape-degraded').count(), 1);
  assert.equal(await rowsOf(page).locator('.shape-unwell').count(), 1);
});

tests.add('peers are sorted by any column; the address keeps it', LIST, async (page) => {
  await page.getByRole('button', { name: 'Latency, 5 min' }).click();
  assert.deepEqual((await names(page)).slice(0, 2), ['Ben', 'Anna']);
  assert.equal(await page.locator('th[aria-sort]').getAttribute('aria-sort'), 'descending');
  await page.getByRole('button', { name: 'Latency, 5 min' }).click();
  await page.waitForFunction(() => location.hash.includes('sort=latency'));
  await page.reload();
  await rowsOf(page).first().waitFor();
  assert.deepEqual((await names(page)).slice(0, 2), ['Anna', 'Ben']);
});

tests.add('many peers are filtered by words and by state', { ...LIST, rest: peersRest([...PEERS, ...Array.from({ length: 300 }, (_, i) => peerAnswer({ peer_id: `p${i}` }))]) }, async (page) => {
  await page.getByText('The first 200 of 304 are shown.').waitFor();
  await page.getByRole('searchbox').fill('p29');
  await until(() => names(page), (found) => found.length === 11 && found.every((name) => name.startsWith('p29')));
  await page.getByLabel('that are').selectOption('degraded');
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByLabel('that are').selectOption('degraded');
  await until(() => names(page), (found) => found.join() === 'Carl');
  assert.match(page.url(), /status=degraded/);
});

tests.add('only rows in sight ask for their latencies', { ...LIST, rest: peersRest(Array.from({ length: 150 }, (_, i) => peerAnswer({ peer_id: `p${i}` }))) }, async (page, { server }) => {
  const asked = () => new Set(server.requests.filter((url) => url.includes('/latency'))).size;
  await until(asked, (count) => count > 5);
  const before = asked();
  assert.ok(before < 80, `${before} of 150`);
  await rowsOf(page).last().scrollIntoViewIfNeeded();
  await until(asked, (count) => count > before);
});

tests.add('nothing is asked for while the page is hidden, nor of a page that was left', LIST, async (page, { server }) => {
  const asked = () => server.requests.filter((url) => url.startsWith('/api/')).length;
  const seconds = async (count) => { for (let i = 0; i < count; i++) await changes(() => textOf(page, '.server')); };
  const hide = (isHidden) => page.evaluate((value) => Object.defineProperty(document, 'hidden', { value, configurable: true }), isHidden);
  await hide(true);
  await seconds(2);
  const whileHidden = asked();
  await seconds(3);
  assert.equal(asked(), whileHidden);
  await hide(false);
  await until(asked, (count) => count > whileHidden);
  await page.getByRole('link', { name: 'Board' }).click();
  await seconds(2);
  const afterwards = asked();
  await seconds(3);
  assert.equal(asked(), afterwards);
});

tests.add('a peer has a page of its own: charts with gaps, hours, voice, totals and what its score is made of', LIST, async (page) => {
  await page.getByRole('link', { name: 'Carl' }).click();
  await page.getByRole('heading', { name: 'Peer Carl' }).waitFor();
  await page.getByText('the last probe had no answer').waitFor();
  for (const title of ['Latency', 'Jitter', 'Loss']) await page.getByRole('figure', { name: title }).locator('canvas').waitFor();
  await page.getByRole('img', { name: /^Path score, by hour: 21 of 24 hours are known/ }).waitFor();
  assert.equal(await page.locator('.hour').count(), 21);
  assert.match(await textOf(page, '[aria-label="Path score"]'), /Path score: 49 of 100, grade D[\s\S]*Packet loss\s+25%\s+92/);
  assert.match(await textOf(page, '[aria-label="Voice over this path"]'), /MOS\s+2\.70\s+R-factor\s+52\.4[\s\S]*nearly all users are dissatisfied/);
  assert.match(await textOf(page, '[aria-label="Traffic"]'), /Sent\s+46\.0 MiB/);
  await page.getByRole('button', { name: 'Table of Loss' }).click({ force: true });
  assert.match(await page.getByRole('region', { name: 'Table of Loss' }).locator('tbody tr').innerText(), /Loss\s+1\d(\.\d)?%\s+10(\.0)?%\s+14\.\d%\s+15(\.0)?%/);
  await page.getByRole('link', { name: 'All peers' }).click();
  await rowsOf(page).first().waitFor();
});

tests.add('a longer past is asked for and stays in the address', PEER, async (page, { server }) => {
  await page.getByRole('button', { name: '1 h' }).click();
  await until(() => server.requests.some((url) => url === '/api/metrics/peers/carl/latency?duration=3600s'), Boolean);
  assert.match(page.url(), /back=3600/);
});

tests.add('a peer that leaves keeps its last figures until the server says that there is none', PEER, async (page, { server }) => {
  server.rest = () => undefined;
  await page.getByText('This server has no peer carl').waitFor();
  server.rest = rest;
  await page.getByRole('heading', { name: 'Peer Carl' }).waitFor();
});

tests.add('an error of the server is told, with what was known before', PEER, async (page, { server }) => {
  server.rest = () => 500;
  await page.getByText('The server does not send the peer: the server answered 500, a page of another origin asked. These are the last figures.').waitFor();
  assert.ok(await page.locator('.facts').count() > 0);
});

tests.add('a peer whose probes are all unanswered has empty charts, and no number is made up', { ...PEER, rest: (request) => (request.path.endsWith('/latency') ? probesAnswer('carl', { lostEvery: 1 }) : rest(request)) }, async (page) => {
  await until(() => page.getByRole('figure', { name: 'Loss' }).locator('.legend-value').innerText(), (text) => text === '100%');
  for (const title of ['Latency', 'Jitter']) assert.equal(await page.getByRole('figure', { name: title }).locator('.legend-value').innerText(), '–');
});

tests.add('names of peers stay text', { ...LIST, rest: peersRest([peerAnswer({ peer_id: XSS, peer_name: XSS }), peerAnswer({ peer_id: '__proto__' }), peerAnswer({ peer_id: 'a/b?c=d&e#f%20' })]) }, async (page) => {
  await until(() => page.locator('main').innerText(), (text) => text.includes(XSS));
  assert.deepEqual(await markupThatRan(page), []);
  for (const name of [XSS, '__proto__', 'a/b?c=d&e#f%20']) {
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name: `Peer ${name}` }).waitFor();
    assert.deepEqual(await markupThatRan(page), []);
    await page.getByRole('link', { name: 'All peers' }).click();
  }
});

tests.add('a server without peers: the lines of C++, and the command', { place: '#/peers', ready: '.empty h2', rest: peersRest([]) }, async (page) => {
  const said = await page.locator('.empty').innerText();
  assert.match(said, /options\.peers\.table = &peers;/);
  assert.match(said, /kymo serve --probe anna=udp:\/\/10\.0\.0\.2:9465/);
  assert.equal(await page.locator('.time-controls').count(), 0);
});

for (const place of ['#/peers', '#/peers/carl']) {
  tests.add(`${place} notices that the token is asked for`, { ...LIST, place, ready: '.number' }, async (page, { server }) => {
    server.asksForToken = true;
    await page.waitForURL((url) => url.pathname === '/login' && url.searchParams.get('next') === `/${place}`);
  });
}

for (const [name, setting] of Object.entries({
  peers: LIST, 'peers, dark': { ...LIST, options: DARK }, 'peers, narrow': { ...LIST, options: NARROW }, 'a peer': PEER, 'a peer, dark': { ...PEER, options: DARK }, 'a peer, narrow': { ...PEER, ready: '.facts', options: NARROW },
  'a peer with a long name, narrow': { ...LIST, rest: peersRest([peerAnswer({ peer_id: 'abcd'.repeat(60), status: 'degraded' })]), options: NARROW },
  'no peers': { place: '#/peers', ready: '.empty h2' }, 'no peers, narrow': { place: '#/peers', ready: '.empty h2', options: NARROW },
})) tests.addAudit(name, setting);

tests.run('peers');
