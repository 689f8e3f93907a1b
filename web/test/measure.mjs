// What the page costs, in numbers; asserts nothing, since machines differ.   node measure.mjs [SECONDS]
// Over tests/web/dashboard_server.cc with a thousand series that all change: how long the page takes until it shows figures, and how much
// of one core Chromium's processes use while it is looked at.

import { launchBrowser, openPage, until } from './browser.mjs';
import { startMadeServer } from './programs.mjs';

const LOADS = 5;
const SETTLE_MS = 5000;
const seconds = Number(process.argv[2] ?? 20);

const PLACES = [
  ['first screen, 1 Hz', '#/overview'], ['first screen, 10 Hz', '#/overview?hz=10'], ['a thousand series in a list, 1 Hz', '#/explore?q=many'],
  ['a thousand series in a list, 10 Hz', '#/explore?q=many&hz=10'],
];

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const say = (text) => process.stdout.write(`${text}\n`);

/** Milliseconds from the start of navigation to the first figures, and what was transferred until then. */
async function measureLoad(browser, address) {
  const { page, context } = await openPage(browser, 'about:blank');
  await page.addInitScript(() => {
    const look = () => {
      if (document.querySelector('.tile .figure')) requestAnimationFrame(() => { window.shownAt = performance.now(); });
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(address);
  await page.waitForFunction(() => window.shownAt !== undefined);
  const found = await page.evaluate(() => ({
    shown: window.shownAt,
    bytes: performance.getEntries().reduce((total, entry) => total + (entry.transferSize ?? 0), 0),
  }));
  await context.close();
  return found;
}

/** CPU seconds of Chromium's processes so far, by type. */
async function cpuSeconds(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const byType = new Map();
  for (const { type, cpuTime } of processInfo) byType.set(type, (byType.get(type) ?? 0) + cpuTime);
  return byType;
}

async function measureCpu(browser, session, address) {
  const { page, context } = await openPage(browser, address);
  await page.waitForSelector('.tile, .explore-item');
  await until(() => page.locator('.explore-item').count(), (count) => count === 0 || count >= 1000);
  await pause(SETTLE_MS);
  const begin = performance.now();
  const before = await cpuSeconds(session);
  await pause(seconds * 1000);
  const after = await cpuSeconds(session);
  const elapsed = (performance.now() - begin) / 1000;
  await context.close();
  const share = (types) => types.reduce((total, type) => total + (after.get(type) ?? 0) - (before.get(type) ?? 0), 0) / elapsed;
  return { page: share(['renderer']), all: share([...after.keys()]) };
}

const percent = (value) => `${(value * 100).toFixed(1).padStart(5)} %`;
const server = await startMadeServer('busy');
const browser = await launchBrowser();
try {
  const loads = [];
  for (let i = 0; i < LOADS; i++) loads.push(await measureLoad(browser, server.address));
  say(`load until figures are shown, median of ${LOADS}: ${median(loads.map(({ shown }) => shown)).toFixed(0)} ms, ${loads[0].bytes} bytes of files`);
  const session = await browser.newBrowserCDPSession();
  say(`share of one core over ${seconds} s:   its page    all of Chromium`);
  for (const [name, place] of PLACES) {
    const share = await measureCpu(browser, session, server.address + place);
    say(`  ${name.padEnd(36)} ${percent(share.page)}   ${percent(share.all)}`);
  }
} finally {
  await browser.close();
  await server.stop();
}
