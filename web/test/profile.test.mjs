// The profile page, in a real browser against the stand-in server.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { markupThatRan, textOf, until } from './browser.mjs';
import { DARK, NARROW, PageTests } from './page_tests.mjs';
import { profileAnswer, StandInProfiler, wideFolded } from './profile.mjs';
import { XSS } from './worlds.mjs';

const tests = new PageTests();
const rowsOf = (page) => page.getByRole('region', { name: 'Functions by time' }).locator('tbody tr');
const names = (page) => rowsOf(page).locator('.scope-name').allInnerTexts();
const wordsOf = (page) => page.locator('.flame-words').innerText();
const ON = { place: '#/profile', ready: '.flame canvas', rest: new StandInProfiler().rest };
const OFF = { place: '#/profile', ready: '.empty h2', rest: new StandInProfiler({ isOn: false }).rest };

tests.add('hotspots: the most time first, slow ones marked, sorted by any column', ON, async (page) => {
  assert.match(await textOf(page, '.profile-head'), /on for 1 min 23 s/);
  assert.deepEqual((await names(page)).slice(0, 3), ['Room::mix', 'encode', 'opus']);
  assert.match(await rowsOf(page).first().innerText(), /Room::mix\s+slow\s+4\.86 s\s+139 ms\s+412\s+0\s+11\.8 ms\s+4\.72 ms\s+10\.6 ms\s+21\.2 ms\s+35\.4 ms\s+70\.7 ms/);
  assert.equal(await rowsOf(page).locator('.slow').count(), 1);
  for (const [head, first] of [['By itself', 'opus'], ['Errors', 'receive'], ['Calls', 'fir'], ['Average', 'Room::mix'], ['p99', 'Room::mix']]) {
    await page.getByRole('button', { name: head, exact: true }).click();
    await until(() => names(page), ([name]) => name === first, `${first} first by ${head}`);
  }
  await page.getByLabel('slow from an average of').selectOption('1');
  await until(() => page.url(), (url) => url.includes('slow=1'));
});

tests.add('the flame graph by mouse: a tip, zoom and back', ON, async (page) => {
  const canvas = page.locator('.flame canvas');
  // The third row is what threads called; net's is the first from the left.
  await canvas.hover({ position: { x: 20, y: 50 } });
  await page.locator('.flame-tip', { hasText: 'receive' }).waitFor();
  assert.match(await textOf(page, '.flame-tip'), /receive\s*677 ms, 11\.9% of all\s*by itself 77 ms/);
  await canvas.click({ position: { x: 20, y: 50 } });
  await page.getByText('Zoomed to receive').waitFor();
  assert.match(decodeURIComponent(page.url()), /zoom=net;receive/);
  await page.getByRole('button', { name: 'Caller' }).click();
  await page.getByText('Zoomed to net').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByText('Zoomed to').waitFor({ state: 'detached' });
});

tests.add('the flame graph by keys: from box to box, zoom and back', ON, async (page) => {
  await page.locator('.flame canvas').focus();
  for (const key of ['ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
  await until(() => wordsOf(page), (text) => text.startsWith('room-1: 3.87 s, 68.0% of all'));
  await page.keyboard.press('ArrowLeft');
  await until(() => wordsOf(page), (text) => text.startsWith('net: '));
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
  await until(() => wordsOf(page), (text) => text.startsWith('encode, called by Room::mix: 2.46 s'));
  await page.keyboard.press('Enter');
  await page.getByText('Zoomed to encode').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Zoomed to Room::mix').waitFor();
  await page.keyboard.press('Home');
  await page.getByText('Zoomed to').waitFor({ state: 'detached' });
});

tests.add('search highlights, and says how many and how much of the time', ON, async (page) => {
  await page.getByPlaceholder('Highlight functions').fill('encode');
  await page.getByText('1 found, 54.5% of all').waitFor();
  await page.getByPlaceholder('Highlight functions').fill('nothing like it');
  await page.getByText('none found').waitFor();
});

tests.add('the same as a table, each row of which zooms', ON, async (page) => {
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  const table = page.getByRole('region', { name: 'Table of the flame graph' });
  assert.match(await table.locator('tbody tr', { hasText: 'fir' }).first().innerText(), /fir\s+resample\s+901 ms\s+15\.9%\s+901 ms/);
  await table.getByRole('button', { name: 'decrypt' }).click();
  await page.getByText('Zoomed to decrypt').waitFor();
});

tests.add('off: what it costs, how to mark a function; start, stop and reset do so', { ...OFF, rest: undefined }, async (page, { server }) => {
  const profiler = new StandInProfiler({ isOn: false });
  server.rest = profiler.rest;
  await page.reload();
  await page.getByRole('heading', { name: 'The profiler is off' }).waitFor();
  assert.match(await textOf(page, '.empty'), /18 ns each on this machine[\s\S]*KYMO_PROFILE_SCOPE\("room\.mix"\)/);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.locator('.flame canvas').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText(/off; the figures are of 1 min 23 s/).waitFor();
  assert.ok(await rowsOf(page).count() > 5);
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.getByRole('heading', { name: 'The profiler is off' }).waitFor();
  assert.deepEqual(profiler.commands, ['start', 'stop', 'reset']);
});

tests.add('a command that is refused is told so', ON, async (page, { server }) => {
  const { rest } = server;
  server.rest = (request) => (request.method === 'POST' ? 403 : rest(request));
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('That was not done: the server answered 403, a page of another origin asked.').waitFor();
});

tests.add('on, and no scope yet: how to mark one', { ...OFF, rest: ({ path }) => (path === '/api/profile' ? profileAnswer({ functions: [], slow: [] }) : undefined) }, async (page) => {
  assert.match(await textOf(page, '.empty'), /Nothing is recorded yet[\s\S]*KYMO_PROFILE_SCOPE/);
});

tests.add('a server without a profiler says so', { ...OFF, rest: () => undefined }, async (page) => {
  assert.match(await textOf(page, '.empty'), /This server has no profiler/);
});

tests.add('trace and folded stacks are there to take away', ON, async (page) => {
  assert.equal(await page.getByRole('link', { name: 'Trace for Perfetto' }).getAttribute('href'), 'api/profile/trace');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Folded stacks' }).click()]);
  assert.equal(saved.suggestedFilename(), 'kymo-folded.txt');
  assert.match(readFileSync(await saved.path(), 'utf8'), /room-1;Room::mix;encode;opus 1800000/);
});

for (const [what, folded] of [['five thousand functions', wideFolded(1000, 5)], ['a stack two thousand deep', wideFolded(2, 2000)]]) {
  tests.add(`${what}: keys and mouse still do what they do`, { ...ON, rest: new StandInProfiler({ folded }).rest }, async (page) => {
    await page.locator('.flame canvas').focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowDown');
    await until(() => wordsOf(page), (text) => text.startsWith('level 2 of '));
    await page.keyboard.press('Enter');
    await page.getByText(/Zoomed to level 2 of/).waitFor();
    const rows = await page.locator('.flame canvas').evaluate((canvas) => canvas.clientHeight / 20);
    assert.ok(rows <= 140, `${rows} rows`);
  });
}

tests.add('names of functions and threads stay text', { ...ON, rest: new StandInProfiler({ functions: [{ name: XSS, calls: 1, errors: 0, total_seconds: 1, average_seconds: 1 }], folded: `${XSS.replaceAll(';', '')};${XSS.replaceAll(';', '')} 1000000` }).rest }, async (page) => {
  assert.ok((await page.locator('main').innerText()).includes(XSS));
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.locator('.flame canvas').hover({ position: { x: 20, y: 30 } });
  await page.locator('.flame-tip').waitFor();
  assert.deepEqual(await markupThatRan(page), []);
});

tests.add('it notices that the token is asked for', ON, async (page, { server }) => {
  server.asksForToken = true;
  await page.waitForURL((url) => url.pathname === '/login' && url.searchParams.get('next') === '/#/profile');
});

for (const [name, setting] of Object.entries({
  'a profile': ON, 'a profile, dark': { ...ON, options: DARK }, 'a profile, narrow': { ...ON, options: NARROW }, 'a profile, searched': { ...ON, place: '#/profile?find=mix&zoom=room-1' },
  'the profiler off': OFF, 'the profiler off, narrow and dark': { ...OFF, options: { ...NARROW, ...DARK } },
})) tests.addAudit(name, setting);

tests.run('profile');
