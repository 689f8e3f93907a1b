// The browser that tests drive: Debian's Chromium, without anything that would talk to the outside.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** How long anything may take that is waited for: far more than it needs, since machines that test are busy. No test sleeps for it. */
export const PATIENCE_MS = 90_000;

const LOOPBACK = ['127.0.0.1', 'localhost'];

export function launchBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
}

/** A page that remembers what it should not have done: errors, refusals of the policy, requests to elsewhere. */
export async function openPage(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const isExpected = /WebSocket connection to|Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !isExpected) faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (!LOOPBACK.includes(hostname) && protocol !== 'blob:') faults.push(`request to ${request.url()}`);
  });
  await page.goto(address);
  return { page, context, faults };
}

/** Waits until what `read` gives is such that `holds`; says what it was when it never is. */
export async function until(read, holds, what = String(holds)) {
  const end = Date.now() + PATIENCE_MS;
  let last;
  do {
    last = await read();
    if (holds(last)) return last;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  } while (Date.now() < end);
  throw new Error(`never ${what}; last: ${JSON.stringify(last)}`);
}

/** Waits until what `read` gives is another than at first. */
export async function changes(read) {
  const before = await read();
  return until(read, (now) => now !== before, `another than ${JSON.stringify(before)}`);
}

export const textOf = (page, selector) => page.locator(selector).first().innerText();
export const figure = (page, title) => page.locator('.tile', { hasText: title }).locator('.figure').first().innerText();

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe-core finds fault with, one line each. */
export async function faultsForAccess(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), RULES);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
}

/** Opens all that can be, and looks for anything that a text became. */
export async function markupThatRan(page) {
  await page.locator('summary').evaluateAll((summaries) => summaries.forEach((summary) => summary.parentElement.open || summary.click()));
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
  return page.evaluate(() => (window.broken ? ['it ran'] : [...document.querySelectorAll('img[src="x"], main svg[onload], main script')].map((element) => element.outerHTML)));
}
