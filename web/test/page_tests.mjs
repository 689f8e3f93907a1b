// Tests of the page in a real browser over the stand-in server, each with a server and a page of its own.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { faultsForAccess, launchBrowser, openPage } from './browser.mjs';
import { History, StandInServer } from './stand_in_server.mjs';

export const NARROW = { viewport: { width: 360, height: 740 } };
export const DARK = { colorScheme: 'dark' };

export class PageTests {
  #browser;
  #cases = [];

  /** Runs `body` with a server of that world and a page that must do nothing wrong. */
  add(name, { world = 'voice', warmUp = 60, place = '', ready = '.tile', sessions = null, rest = () => undefined, options = {} }, body) {
    this.#cases.push([name, async () => {
      const history = new History(world, { warmUp });
      const server = await new StandInServer(history).start();
      server.sessions = sessions;
      server.rest = rest;
      const stage = { server, history };
      const { page, context, faults } = await openPage(this.#browser, server.address + place, options);
      try {
        await page.waitForSelector(ready);
        await body(page, stage);
        assert.deepEqual(faults, []);
      } finally {
        await context.close();
        await stage.server.stop().catch(() => {});
      }
    }]);
  }

  /** Nothing that axe-core knows of, and nothing to scroll sideways for. */
  addAudit(name, setting) {
    this.add(`axe finds nothing: ${name}`, setting, async (page) => {
      assert.deepEqual(await faultsForAccess(page), []);
      const [scrolled, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(scrolled <= shown, `it scrolls sideways: ${scrolled} > ${shown}`);
    });
  }

  run(title) {
    describe(title, { concurrency: 2 }, () => {
      before(async () => { this.#browser = await launchBrowser(); });
      after(async () => { await this.#browser.close(); });
      for (const [name, run] of this.#cases) test(name, { timeout: 240_000 }, run);
    });
  }
}
