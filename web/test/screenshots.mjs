// Pictures of the page in each of its states, to be looked at.   node screenshots.mjs FOLDER

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser, openPage } from './browser.mjs';
import { SESSIONS } from './sessions.mjs';
import { History, StandInServer } from './stand_in_server.mjs';

const NARROW = { viewport: { width: 390, height: 844 }, hasTouch: true };
const DARK = { colorScheme: 'dark' };
const LIGHT = { colorScheme: 'light' };

const SHOTS = [
  { name: 'light', world: 'voice', options: LIGHT },
  { name: 'dark', world: 'voice', options: DARK },
  { name: 'busy', world: 'busy', options: LIGHT },
  { name: 'busy-dark', world: 'busy', options: DARK },
  { name: 'empty', world: 'empty', options: LIGHT },
  { name: 'narrow', world: 'voice', options: { ...LIGHT, ...NARROW } },
  { name: 'narrow-dark', world: 'busy', options: { ...DARK, ...NARROW } },
  { name: 'whole', world: 'voice', options: LIGHT, whole: true },
  { name: 'disconnected', world: 'voice', options: LIGHT, before: async (page, server) => { await server.stop(); await page.waitForSelector('.banner-lost'); } },
  { name: 'sessions-missing', world: 'voice', options: LIGHT, place: '#/sessions', ready: 'main h1' },
  { name: 'sessions', world: 'voice', options: LIGHT, place: '#/sessions', ready: 'main table', sessions: true },
  { name: 'explore', world: 'voice', options: LIGHT, place: '#/explore', ready: '.explore-item' },
  { name: 'explore-search-dark', world: 'busy', options: DARK, place: '#/explore?q=udp', ready: '.explore-item' },
  { name: 'explore-thousand', world: 'thousand', options: LIGHT, place: '#/explore?q=many', ready: '.explore-item' },
  { name: 'board-empty', world: 'voice', options: LIGHT, place: '#/board', ready: 'main h1' },
  { name: 'hostile', world: 'hostile', options: LIGHT },
];

async function shoot(browser, folder, { name, world, options, place = '', ready = '.tile', whole = false, before, sessions }) {
  const server = await new StandInServer(new History(world, { warmUp: world === 'thousand' ? 120 : 600 })).start();
  if (sessions) server.sessions = SESSIONS;
  const { page, context, faults } = await openPage(browser, server.address + place, options);
  try {
    await page.waitForSelector(ready);
    await page.waitForTimeout(1500);
    await before?.(page, server);
    if (whole) await scrollThrough(page);
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
    if (faults.length > 0) throw new Error(`${name}: ${faults.join('; ')}`);
  } finally {
    await context.close();
    await server.stop().catch(() => {});
  }
}

/** Charts are drawn once they were seen. */
async function scrollThrough(page) {
  const { height } = await page.viewportSize();
  const total = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let top = 0; top < total; top += height / 2) {
    await page.mouse.wheel(0, height / 2);
    await page.waitForTimeout(60);
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForTimeout(100);
}

const [folder = 'build/screenshots', ...only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
try {
  for (const shot of SHOTS) if (only.length === 0 || only.includes(shot.name)) await shoot(browser, folder, shot);
} finally {
  await browser.close();
}
