// The login in a real browser over the real `kymo serve`: by address, by name, and over TLS.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { faultsForAccess, launchBrowser, openPage } from './browser.mjs';
import { startConfiguredServer } from './programs.mjs';

const TOKEN = 'the-token-of-this-test+/=1';
const OTHER_TOKEN = 'another-token-of-this-test';
let browser;
let folder;

let writes = 0;
function writeToken(token) {
  // Another test's server may read the file at this moment.
  const written = join(folder, `token-${writes++}`);
  writeFileSync(written, `${token}\n`, { mode: 0o600 });
  renameSync(written, join(folder, 'token'));
}

function makeFiles() {
  folder = mkdtempSync(join(tmpdir(), 'kymo-login-'));
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  execFileSync('openssl', [
    'req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-out', certificate, '-keyout', key,
  ], { stdio: 'ignore' });
  const token = `web:\n  token_file: ${join(folder, 'token')}\n`;
  writeFileSync(join(folder, 'http.yml'), token);
  writeFileSync(join(folder, 'https.yml'), `${token}  tls: {certificate_file: ${certificate}, key_file: ${key}}\n`);
}

/** A page of a server that asks for the token. */
async function withPage({ scheme, host, place = '' }, body) {
  writeToken(TOKEN);
  const server = await startConfiguredServer(join(folder, `${scheme}.yml`), scheme);
  const address = server.address.replace('127.0.0.1', host);
  try {
    const { page, context, faults } = await openPage(browser, address + place, { ignoreHTTPSErrors: true });
    try {
      await body({ page, context, server, address });
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  } finally {
    await server.stop();
  }
}

async function logIn(page, token) {
  await page.getByLabel('This server\'s token').fill(token);
  await page.getByRole('button').click();
}

/** What another service of the same host is sent by a browser that goes there. */
async function headersThatAnotherPortGets(page, host) {
  let headers;
  const other = createServer((request, response) => {
    headers ??= JSON.stringify(request.headers);
    response.end('another service');
  });
  await new Promise((resolve) => { other.listen(0, '127.0.0.1', resolve); });
  try {
    await page.goto(`http://${host}:${other.address().port}/`);
    return headers;
  } finally {
    other.close();
  }
}

async function staysOutWithAWrongTokenAndGetsInWithTheRightOne({ page, context, address }, scheme) {
  await page.waitForURL(`${address}login`);
  await logIn(page, 'not-the-token-of-this-test');
  assert.match(await page.getByRole('alert').innerText(), /That is not this server's token/);
  await logIn(page, TOKEN);
  await page.waitForSelector('.connection-live');
  await page.locator('.chart').first().waitFor();
  const [cookie, ...others] = await context.cookies();
  const { port } = new URL(address);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [cookie.name, cookie.httpOnly, cookie.sameSite, cookie.secure],
    [`${scheme === 'https' ? '__Host-' : ''}kymo_${port}`, true, 'Strict', scheme === 'https'],
  );
  assert.match(cookie.value, /^[0-9a-f]{64}$/);
}

const PLACES = [['http', '127.0.0.1'], ['http', 'localhost'], ['https', '127.0.0.1'], ['https', 'localhost']];

describe('the login', { concurrency: 2 }, () => {
  before(async () => {
    makeFiles();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [scheme, host] of PLACES) {
    test(`lets a browser in over ${scheme} on ${host}`, { timeout: 240_000 }, () => withPage({ scheme, host }, (stage) => staysOutWithAWrongTokenAndGetsInWithTheRightOne(stage, scheme)));
  }

  test('leads back to where the browser was', { timeout: 240_000 }, () => withPage({ scheme: 'http', host: '127.0.0.1', place: 'api?a=b' }, async ({ page, address }) => {
    await page.waitForURL(`${address}login?next=%2Fapi%3Fa%3Db`);
    assert.deepEqual(await faultsForAccess(page), []);
    await page.screenshot({ path: process.env.KYMO_LOGIN_PICTURE ?? join(folder, 'login.png') });
    await logIn(page, TOKEN);
    await page.waitForURL(`${address}api?a=b`);
  }));

  test('shows the token to no other service of the host', { timeout: 240_000 }, () => withPage({ scheme: 'http', host: '127.0.0.1' }, async ({ page }) => {
    await logIn(page, TOKEN);
    await page.waitForSelector('.connection-live');
    const headers = await headersThatAnotherPortGets(page, '127.0.0.1');
    assert.match(headers, /kymo_\d+=[0-9a-f]{64}/, 'browsers send cookies to every port of a host');
    assert.ok(!headers.includes(TOKEN) && !headers.includes(encodeURIComponent(TOKEN)));
  }));
});

describe('a login that ends', () => {
  before(async () => {
    makeFiles();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('by a new token: the open page asks for it', { timeout: 240_000 }, () => withPage({ scheme: 'http', host: '127.0.0.1' }, async ({ page, server }) => {
    await logIn(page, TOKEN);
    await page.waitForSelector('.connection-live');
    writeToken(OTHER_TOKEN);
    server.reload();
    await page.waitForURL(/\/login\?next=/);
    await logIn(page, OTHER_TOKEN);
    await page.waitForSelector('.connection-live');
  }));

  test('by a logout: the cookie lets nobody in, and the open page asks for the token', { timeout: 240_000 }, () => withPage({ scheme: 'http', host: '127.0.0.1' }, async ({ page, context, address }) => {
    await logIn(page, TOKEN);
    await page.waitForSelector('.connection-live');
    const [cookie] = await context.cookies();
    const answer = await context.request.post(`${address}logout`, { maxRedirects: 0 });
    assert.equal(answer.status(), 303);
    const stolen = await context.request.get(`${address}metrics`, { headers: { Cookie: `${cookie.name}=${cookie.value}` } });
    assert.equal(stolen.status(), 401);
    await page.waitForURL(/\/login\?next=/);
  }));
});
