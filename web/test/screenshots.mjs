// Pictures of the page in each of its states, over real servers and one that does not exist, to be looked at.   node screenshots.mjs FOLDER [NAME…]
// One page a server is opened, left alone until its charts have something to show, and then seen in each way.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser, openPage } from './browser.mjs';
import { PAST_SESSIONS, PEERS, peersRest } from './peers.mjs';
import { StandInProfiler } from './profile.mjs';
import { startEmptyServer, startMadeServer, startVoiceServer } from './programs.mjs';
import { History, StandInServer } from './stand_in_server.mjs';

const WATCHED_MS = Number(process.env.KYMO_SCREENSHOT_SECONDS ?? 40) * 1000;
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };
const ready = (selector) => (page) => page.waitForSelector(selector);

/** Peers, sessions and a profiler that are in each state at once. */
async function startStandIn() {
  const server = await new StandInServer(new History('voice', { warmUp: 300 })).start();
  const peers = peersRest(PEERS, PAST_SESSIONS);
  const profiler = new StandInProfiler();
  server.rest = (request) => peers(request) ?? profiler.rest(request);
  return server;
}

async function startProfilerOff() {
  const server = await new StandInServer(new History('empty', { warmUp: 60 })).start();
  server.rest = new StandInProfiler({ isOn: false }).rest;
  return server;
}

const SERVERS = {
  'stand-in': startStandIn,
  off: startProfilerOff,
  voice: () => startVoiceServer({ clients: 12 }),
  busy: () => startMadeServer('busy'),
  hostile: () => startMadeServer('hostile'),
  empty: startEmptyServer,
};

/** In their order: what stops a server comes last. */
const SHOTS = [
  { name: 'light', server: 'voice' },
  { name: 'dark', server: 'voice', scheme: 'dark' },
  { name: 'narrow', server: 'voice', size: NARROW },
  { name: 'narrow-dark', server: 'voice', size: NARROW, scheme: 'dark', whole: true },
  { name: 'whole', server: 'voice', whole: true },
  { name: 'explore', server: 'voice', place: '#/explore?q=event', before: ready('.explore-item') },
  { name: 'board-empty', server: 'voice', place: '#/board' },
  { name: 'peers-empty', server: 'voice', place: '#/peers' },
  { name: 'sessions', server: 'voice', place: '#/sessions', before: ready('tbody tr') },
  { name: 'peers', server: 'stand-in', place: '#/peers', before: ready('tbody tr') },
  { name: 'peers-dark', server: 'stand-in', place: '#/peers', scheme: 'dark', before: ready('tbody tr') },
  { name: 'peers-narrow', server: 'stand-in', place: '#/peers', size: NARROW, before: ready('tbody tr') },
  { name: 'peer', server: 'stand-in', place: '#/peers/carl', whole: true, before: ready('.hours') },
  { name: 'peer-dark', server: 'stand-in', place: '#/peers/anna', scheme: 'dark', whole: true, before: ready('.hours') },
  { name: 'peer-narrow', server: 'stand-in', place: '#/peers/carl', size: NARROW, whole: true, before: ready('.hours') },
  { name: 'sessions-recent', server: 'stand-in', place: '#/sessions', before: ready('#recent-sessions') },
  { name: 'profile', server: 'stand-in', place: '#/profile', whole: true, before: ready('.flame canvas') },
  { name: 'profile-dark', server: 'stand-in', place: '#/profile?find=encode', scheme: 'dark', before: ready('.flame canvas') },
  { name: 'profile-narrow', server: 'stand-in', place: '#/profile?zoom=room-1%3BRoom%3A%3Amix', size: NARROW, whole: true, before: ready('.flame canvas') },
  { name: 'profile-off', server: 'off', place: '#/profile', before: ready('.empty h2') },
  { name: 'profile-off-dark', server: 'off', place: '#/profile', scheme: 'dark', size: NARROW, before: ready('.empty h2') },
  { name: 'busy', server: 'busy' },
  { name: 'busy-dark', server: 'busy', scheme: 'dark' },
  { name: 'busy-narrow', server: 'busy', size: NARROW },
  { name: 'busy-whole-dark', server: 'busy', scheme: 'dark', whole: true },
  { name: 'explore-thousand', server: 'busy', place: '#/explore?q=many', before: ready('.explore-item') },
  { name: 'sessions-busy-dark', server: 'busy', place: '#/sessions', scheme: 'dark', before: ready('tbody tr') },
  { name: 'session-busy', server: 'busy', place: '#/sessions/a1c4', before: ready('.facts') },
  { name: 'hostile', server: 'hostile' },
  { name: 'empty', server: 'empty' },
  { name: 'empty-dark', server: 'empty', scheme: 'dark' },
  { name: 'sessions-missing', server: 'empty', place: '#/sessions', before: ready('.empty h2') },
  { name: 'disconnected', server: 'voice', stops: true, before: ready('.banner-lost') },
  { name: 'disconnected-dark', server: 'voice', scheme: 'dark', before: ready('.banner-lost') },
];

async function shoot(stage, folder, { name, place = '#/overview', scheme = 'light', size = WIDE, whole = false, stops = false, before }) {
  const { page } = stage;
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await page.setViewportSize(size);
  await page.evaluate((hash) => { location.hash = hash; window.scrollTo(0, 0); }, place);
  if (stops) await stage.server.stop();
  await before?.(page);
  if (whole) await scrollThrough(page);
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
}

/** Charts are drawn once they were seen. */
async function scrollThrough(page) {
  const { height } = page.viewportSize();
  const total = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let top = 0; top < total; top += height / 2) {
    await page.evaluate((to) => window.scrollTo(0, to), top);
    await page.waitForTimeout(80);
  }
  await page.evaluate(() => window.scrollTo(0, 0));
}

async function openStage(browser, name) {
  const server = await SERVERS[name]();
  const stage = { server, ...await openPage(browser, server.address) };
  await stage.page.waitForSelector('.tile');
  return stage;
}

const [folder = 'build/screenshots', ...only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const shots = SHOTS.filter(({ name }) => only.length === 0 || only.includes(name));
const browser = await launchBrowser();
const stages = new Map();
try {
  for (const name of new Set(shots.map(({ server }) => server))) stages.set(name, await openStage(browser, name));
  // The page of the session that is shown has looked at it before.
  await stages.get('busy')?.page.evaluate(() => { location.hash = '#/sessions/a1c4'; });
  await new Promise((resolve) => { setTimeout(resolve, WATCHED_MS); });
  for (const shot of shots) await shoot(stages.get(shot.server), folder, shot);
  for (const [name, { faults }] of stages) if (faults.length > 0) throw new Error(`${name}: ${faults.join('; ')}`);
} finally {
  await browser.close();
  for (const { server } of stages.values()) await server.stop();
}
