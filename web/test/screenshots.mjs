// Pictures of the page in each of its states, to be looked at.   node screenshots.mjs FOLDER

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser, openPage } from './browser.mjs';
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
  { name: 'narrow', world: 'voice', options: { ...LIGHT, ...NARROW }, whole: true },
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

export const SESSIONS = {
  sessions: [
    { id: 'b7f1c2', sources: [{ source: 'mic', fill_ratio: 0.12, realtime_factor: 0.04, backlog_seconds: 0.02, dropped_total: 0, ladder_level: 0, provider: 'local', model: 'vad-1' }, { source: 'udp', fill_ratio: 0.91, realtime_factor: 1.3, backlog_seconds: 2.4, dropped_total: 312, ladder_level: 2, provider: 'local', model: 'vad-1' }] },
    { id: '0a93de', sources: [{ source: 'mic', fill_ratio: 0.05, realtime_factor: 0.03, backlog_seconds: 0.01, dropped_total: 0, ladder_level: 0, provider: 'local', model: 'vad-1' }] },
  ],
};

async function shoot(browser, folder, { name, world, options, place = '', ready = '.tile', whole = false, before, sessions }) {
  const server = await new StandInServer(new History(world, { warmUp: 600 })).start();
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
