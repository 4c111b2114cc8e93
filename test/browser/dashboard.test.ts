import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AdminHostUnderTest, KEYS, startAdmin } from '../support/admin-client.js';
import { connect, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';
import { findChromium, launchChromium } from './browser.js';
import { Operator } from './operator.js';
import { accessibilityProblems, focusIsVisible, horizontalOverflow, lowContrast } from './page-checks.js';
import { Visitor } from './visitor.js';

const executable = findChromium();
if (executable === undefined) {
  console.warn('\n  ⚠ The dashboard was NOT tested: no chromium, chromium-browser or google-chrome is on the PATH.\n');
}

const VIEWS = ['Overview', 'Plugins', 'Connections', 'Chat', 'State', 'Activity'] as const;

/** Stamps every message with its version; drops "spam", fails on "bad". */
const stamp = (version: string, scopes = "'room'"): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'stamp', version: '${version}', capabilities: { state: [${scopes}] },
    onRequest: (frame, ctx) => {
      if (frame.text === 'spam') return sdk.drop('looks like spam');
      if (frame.text === 'bad') throw new Error('oops');
      return sdk.replace(\`${version} \${ctx.state.room.add('count')} \${frame.text}\`);
    },
  }`);

describe.skipIf(executable === undefined)('the dashboard in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  let folder: string;
  let file: string;
  let running: AdminHostUnderTest;
  let client: WsClient;
  const visitors: Visitor[] = [];

  const open = async (options: Parameters<typeof Visitor.open>[2] = {}): Promise<Operator> => {
    const visitor = await Visitor.open(browser, `${running.admin}/`, options);
    visitors.push(visitor);
    return new Operator(visitor);
  };
  const enter = async (role: keyof typeof KEYS, options: Parameters<typeof Visitor.open>[2] = {}): Promise<Operator> => {
    const operator = await open(options);
    await operator.logIn(KEYS[role]);
    await operator.live();
    return operator;
  };
  const ask = async (message: string): Promise<string> => {
    client.send(message);
    return (await client.next()).toString();
  };

  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
  });
  beforeEach(async () => {
    folder = await temporaryFolder('dashboard');
    file = join(folder, 'stamp.wasm');
    await writeFile(file, await stamp('1.0.0'));
    const upstream = await startUpstream();
    running = await startAdmin(
      {
        plugins: { watchMs: 20 },
        engine: { breaker: { backoffMs: 60_000 } },
        routes: [
          { plugins: [{ use: '@framegate/plugin-copypasta' }] },
          {
            name: 'up',
            path: '/up',
            backend: { kind: 'upstream', url: upstream.url },
            plugins: [{ use: './stamp.wasm', onFault: 'open' }],
          },
        ],
      },
      { folder },
    );
    client = await connect(`${running.url}/up`);
  });
  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()));
    await rm(folder, { recursive: true });
  });
  stopAfterEach();
  afterAll(() => browser?.close());

  it('lets nobody in with a wrong key, and keeps no key in the page', async () => {
    const operator = await open();
    await operator.logIn('not the right key at all');
    await operator.page.getByText('This key or token is not valid here.').waitFor();
    await operator.logIn(KEYS.operator);
    await operator.live();
    await operator.page.reload();
    await operator.live();
    expect(await operator.page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([0, 0, '']);
    await operator.button('Log out').click();
    await operator.page.getByLabel('Key or token').waitFor();
    await operator.page.reload();
    await operator.page.getByLabel('Key or token').waitFor();
    expect(operator.complaints).toEqual([]);
  });

  it('is served under a policy that allows neither inline scripts nor other origins nor frames', async () => {
    const response = await fetch(`${running.admin}/`);
    expect(response.status).toBe(200);
    expect(await response.text()).not.toMatch(/<script(?![^>]*\ssrc=)/);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const again = await fetch(`${running.admin}/`, { headers: { 'if-none-match': response.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    const off = await startAdmin({ admin: { page: false } });
    expect((await fetch(`${off.admin}/`)).status).toBe(404);
  });

  it('shows what clients do and what plugins say of it', async () => {
    const operator = await enter('viewer');
    const row = operator.page.getByRole('table', { name: 'Figures by plugin' }).getByRole('row').filter({ hasText: 'stamp' });
    await row.getByText('only passes').waitFor();
    const { page } = operator;
    const moved = page.waitForFunction(() => {
      const tile = [...document.querySelectorAll('.tile')].find((element) => element.textContent?.includes('from clients'));
      return Number(tile?.querySelector('dd')?.textContent) > 0;
    });
    expect(await ask('hello')).toBe('1.0.0 1 hello');
    await moved;
    await row.getByText('replace 1').waitFor();
    client.send('spam');
    client.send('bad');
    expect((await client.next()).toString()).toBe('bad');
    await row.getByText('drop 1').waitFor();
    await page.getByRole('cell', { name: 'looks like spam' }).waitFor();
    await page.locator('.tile.bad').filter({ hasText: 'Plugin faults' }).waitFor();
    expect(await page.locator('.chart canvas').count()).toBe(3);
    expect(operator.complaints).toEqual([]);
  });

  it('shows a new version that was swapped in, and brings the old one back by a click, on a live connection', async () => {
    const operator = await enter('operator');
    await operator.goTo('Plugins');
    const card = operator.plugin('stamp');
    await card.getByText('running').waitFor();
    expect(await ask('a')).toBe('1.0.0 1 a');
    await replaceFile(file, await stamp('2.0.0'));
    await card.getByRole('button', { name: 'Roll stamp back to v1.0.0' }).waitFor();
    await card.getByText('on probation').waitFor();
    expect(await ask('b')).toBe('2.0.0 2 b');
    await card.getByRole('button', { name: 'Roll stamp back to v1.0.0' }).click();
    await operator.page.getByText('stamp v1.0.0 runs again.').waitFor();
    await card.getByRole('button', { name: 'Roll stamp back to v2.0.0' }).waitFor();
    expect(await ask('c')).toBe('1.0.0 3 c');
    await card.getByRole('button', { name: 'Disable stamp' }).click();
    await card.getByText('disabled', { exact: true }).waitFor();
    expect(await ask('d')).toBe('d');
    await card.getByRole('button', { name: 'Enable stamp' }).click();
    await card.getByRole('button', { name: 'Disable stamp' }).waitFor();
    expect(await ask('e')).toBe('1.0.0 4 e');
    expect(operator.complaints).toEqual([]);
  });

  it('tells why a new version does not run', async () => {
    const operator = await enter('operator');
    await operator.goTo('Plugins');
    await replaceFile(file, 'hello');
    const card = operator.plugin('stamp');
    await card.getByText('The last new version does not run').waitFor();
    await card.getByText('PLUGIN_NOT_WASM').waitFor();
    expect(await ask('a')).toBe('1.0.0 1 a');
  });

  it('has an admin, and nobody else, approve what a new version asks for', async () => {
    await replaceFile(file, await stamp('2.0.0', "'room', 'user'"));
    await running.log.seen('plugin-waiting');
    const operator = await enter('operator');
    await operator.goTo('Plugins');
    await operator.plugin('stamp').getByText('state:user').waitFor();
    expect(await operator.button(/^Approve/).count()).toBe(0);

    const admin = await enter('admin');
    await admin.goTo('Plugins');
    await admin.button(/^Approve stamp v2\.0\.0/).click();
    await admin.page.keyboard.press('Escape');
    await admin.page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await ask('a')).toBe('1.0.0 1 a');
    await admin.button(/^Approve stamp v2\.0\.0/).click();
    await admin.agree('Approve and swap in');
    await admin.page.getByText('stamp v2.0.0 runs.', { exact: true }).waitFor();
    expect(await ask('b')).toBe('2.0.0 2 b');
    expect(admin.complaints).toEqual([]);
  });

  it('tries a file in shadow, shows side by side where it differs, runs it for a share, and promotes it', async () => {
    await writeFile(join(folder, 'next.wasm'), await stamp('2.0.0'));
    const operator = await enter('operator');
    await operator.goTo('Plugins');
    const card = operator.plugin('stamp');
    const choose = async (what: RegExp): Promise<void> => {
      await card.getByRole('button', { name: /another file/ }).click();
      const dialog = operator.page.getByRole('dialog');
      await dialog.getByLabel('What to do with it').selectOption({ label: (await dialog.getByText(what).textContent()) ?? '' });
      await dialog.getByLabel('File').fill('./next.wasm');
      await operator.agree('Go');
    };
    await choose(/^Shadow/);
    const trial = card.getByRole('region', { name: 'Trial of stamp' });
    await trial.getByText('v2.0.0').waitFor();
    expect(await ask('hello')).toBe('1.0.0 1 hello');
    await trial.getByText('Frames on which they differ').click();
    const differences = trial.getByRole('list', { name: 'Differences of stamp' });
    await differences.getByText('1.0.0 1 hello').waitFor();
    await differences.getByText('2.0.0 1 hello').waitFor();
    await trial.getByRole('button', { name: 'Run stamp v2.0.0 for 50 % of the connections' }).click();
    await trial.getByText(/^Runs for 50 % of the connections/).waitFor();
    await trial.getByRole('button', { name: 'Promote stamp v2.0.0…' }).click();
    await operator.agree('Promote');
    await trial.getByText('Ended: promoted').waitFor();
    expect(await ask('again')).toBe('2.0.0 2 again');
    await writeFile(join(folder, 'next.wasm'), await stamp('3.0.0'));
    await choose(/^Canary/);
    await trial.getByText(/^Runs for 1 % of the connections/).waitFor();
    await trial.getByRole('button', { name: 'Abandon stamp v3.0.0' }).click();
    await trial.getByText('abandoned by hand').waitFor();
    await choose(/^Swap it in/);
    await operator.page.getByText('stamp: the file was swapped in.').waitFor();
    expect(await ask('third')).toBe('3.0.0 3 third');
    const viewer = await enter('viewer');
    await viewer.goTo('Plugins');
    await viewer.plugin('stamp').getByText('abandoned by hand').waitFor();
    expect(await viewer.plugin('stamp').getByRole('button').count()).toBe(0);
    expect(operator.complaints).toEqual([]);
  });

  it('says what became of the state when another version took it over, and of a rollback', async () => {
    for (const message of ['a', 'b']) await ask(message);
    const operator = await enter('operator');
    await operator.goTo('Plugins');
    const versions = operator.plugin('stamp').getByRole('listitem');
    await replaceFile(
      file,
      await buildPlugin(`{
        name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] },
        onRequest: (frame, ctx) => sdk.replace('two ' + ctx.state.room.get('count').n),
        migrate: (from, ctx) => { for (const entry of ctx.entries()) entry.set({ n: entry.get() }); },
      }`),
    );
    await versions.filter({ hasText: /v2\.0\.0.*migrated 1 entry of v1\.0\.0; clients waited \d+ ms/ }).waitFor();
    expect(await ask('c')).toBe('two 2');
    await operator.button('Roll stamp back to v1.0.0').click();
    await versions.filter({ hasText: /v1\.0\.0.*restored 1 entry that v2\.0\.0 had changed; clients waited \d+ ms/ }).waitFor();
    expect(await ask('d')).toBe('1.0.0 3 d');
    expect(operator.complaints).toEqual([]);
  });

  it('shows a quarantine, and ends it', async () => {
    const operator = await enter('operator');
    await operator.goTo('Plugins');
    // A hundred faults in a row are the breaker's limit.
    for (let index = 0; index < 100; index++) client.send('bad');
    await client.take(100);
    const card = operator.plugin('stamp');
    await card.getByText('quarantined', { exact: true }).waitFor();
    await card.getByText(/It failed too often and is not run/).waitFor();
    expect(await ask('passes unchecked')).toBe('passes unchecked');
    await card.getByRole('button', { name: /^Reset stamp/ }).click();
    await operator.page.getByText('stamp: faults forgotten.').waitFor();
    await card.getByText('quarantined', { exact: true }).waitFor({ state: 'detached' });
    expect(await ask('checked')).toBe('1.0.0 1 checked');
    expect(operator.complaints).toEqual([]);
  });

  it('kicks one connection with a reason', async () => {
    const ada = await connect(`${running.url}/chat?name=Ada&room=tea`);
    await connect(`${running.url}/chat?name=Bob&room=tea`);
    const operator = await enter('operator');
    await operator.goTo('Connections');
    await operator.row('Bob').waitFor();
    await operator.page.getByLabel('User').fill('Ada');
    await operator.page.keyboard.press('Enter');
    await operator.row('Bob').waitFor({ state: 'detached' });
    await operator.button('Kick Ada…').click();
    await operator.page.getByLabel('Reason, shown to the client').fill('enough for today');
    await operator.agree('Kick');
    expect(await ada.closed).toEqual({ code: 1008, reason: 'enough for today' });
    await operator.page.getByText('No connection is like that.').waitFor();
    expect(operator.complaints).toEqual([]);
  });

  it('shows rooms with their members, mutes somebody and lifts it, and deletes a room', async () => {
    await connect(`${running.url}/chat?name=Ada&room=tea`);
    const operator = await enter('operator');
    await operator.goTo('Chat');
    await operator.button('Members of tea: 1').click();
    await operator.page.getByRole('list', { name: 'Members of tea' }).getByText('Ada').waitFor();
    await operator.button('Mute Ada…').click();
    await operator.page.getByLabel('Reason, shown to them').fill('too loud');
    await operator.agree('Mute');
    await operator.row('too loud').getByText('mute', { exact: true }).waitFor();
    await operator.button('Lift the mute on Ada').click();
    await operator.page.getByText('Nobody is banned or muted.').waitFor();
    await operator.button('Delete the room tea…').click();
    await operator.agree('Delete room');
    await operator.button('Delete the room tea…').waitFor({ state: 'detached' });
    expect(operator.complaints).toEqual([]);
  });

  it('mutes by address, and bans a range of them', async () => {
    const ada = await connect(`${running.url}/chat?name=Ada&room=tea`);
    const operator = await enter('operator');
    await operator.goTo('Chat');
    await operator.button('Mute Ada…').click();
    await operator.page.getByLabel('By', { exact: true }).selectOption('address');
    await operator.agree('Mute');
    await operator.row('address 127.0.0.1').getByText('mute', { exact: true }).waitFor();
    await operator.button('Ban addresses…').click();
    await operator.page.getByLabel('Address or range').fill('127.0.0.0/33');
    await operator.agree('Ban');
    await operator.page.getByText('is no IP address and no range').waitFor();
    await operator.button('Ban addresses…').click();
    await operator.page.getByLabel('Address or range').fill('127.0.0.5/8');
    await operator.page.keyboard.press('Enter');
    await operator.row('address 127.0.0.0/8').waitFor();
    expect(await ada.closed).toEqual({ code: 1008, reason: expect.stringMatching(/^banned until/) });
    for (const lift of ['Lift the ban on 127.0.0.0/8', 'Lift the mute on 127.0.0.1']) await operator.button(lift).click();
    await operator.page.getByText('Nobody is banned or muted.').waitFor();
    expect(operator.complaints.filter((complaint) => !complaint.includes('400 (Bad Request)'))).toEqual([]);
  });

  it('shows what a plugin remembers, and makes it forget', async () => {
    await ask('a');
    const operator = await enter('operator');
    await operator.goTo('State');
    await operator.page.getByLabel('Plugin').selectOption('stamp');
    await operator.row('count').waitFor();
    await operator.button('Wipe these…').click();
    await operator.agree('Wipe');
    await operator.page.getByText('stamp remembers nothing here.').waitFor();
    expect(await ask('b')).toBe('1.0.0 1 b');
    await operator.goTo('Activity');
    await operator.row('state.wipe').getByText('done').waitFor();
  });

  it('finds what is rare among what plugins said, by kind, plugin and connection', async () => {
    client.send('spam');
    await ask('bad');
    for (let message = 0; message < 150; message++) await ask('hello');
    const operator = await enter('viewer');
    await operator.goTo('Activity');
    const list = operator.page.getByRole('region', { name: 'Recent verdicts' });
    await list.getByText(/^15 of /).waitFor();
    for (const [kind, reason] of [
      ['drop', 'looks like spam'],
      ['fault', /oops|PLUGIN_ERROR/],
    ] as const) {
      await list.getByLabel('Verdict').selectOption(kind);
      await operator.row(reason).waitFor();
      expect(await list.locator('tbody tr').count()).toBe(1);
    }
    await list.getByLabel('Connection').fill('nobody');
    await list.getByText('None of the latest verdicts is like that.').waitFor();
    await list.getByLabel('Connection').fill('');
    await list.getByLabel('Verdict').selectOption('');
    await list.getByLabel('Plugin').selectOption('stamp');
    await list.getByRole('button', { name: 'Show more' }).click();
    await list.getByText(/^30 of /).waitFor();
  });

  it('offers a viewer nothing that would be refused', async () => {
    await connect(`${running.url}/chat?name=Ada&room=tea`);
    await ask('a');
    const viewer = await enter('viewer');
    for (const view of VIEWS) {
      await viewer.goTo(view);
      expect(await viewer.button(/Kick|Mute|Ban|Delete|Wipe|Disable|Load|Roll|Drain|Approve|Reset/).count(), view).toBe(0);
    }
  });

  it('drains the host after a confirmation, and says so', async () => {
    const slow = await startAdmin({ drain: { delayMs: 60_000, timeoutMs: 60_000 } });
    const visitor = await Visitor.open(browser, `${slow.admin}/`);
    visitors.push(visitor);
    const admin = new Operator(visitor);
    await admin.logIn(KEYS.admin);
    await admin.live();
    await admin.button('Drain…').click();
    await admin.agree('Drain and stop');
    await admin.page.getByText(/^This host is draining/).waitFor();
    expect(await admin.button('Drain…').count()).toBe(0);
  });

  it('says that the host is gone, and asks nothing of it while the tab is hidden', async () => {
    const operator = await enter('viewer');
    const hide = (hidden: boolean) =>
      operator.page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    const status = (text: RegExp) => operator.page.getByRole('status').filter({ hasText: text }).waitFor();
    await hide(true);
    await status(/^Paused$/);
    await hide(false);
    await operator.live();
    await running.host.close();
    await status(/^Reconnecting$/);
    await operator.button('Retry now').waitFor();
  });

  it.each([
    ['a wide screen', 'light', {}],
    ['a wide screen', 'dark', {}],
    ['a phone', 'light', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
    ['a phone', 'dark', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
  ] as const)('is readable, has names for everything and fits on %s in the %s scheme', async (_, colorScheme, screen) => {
    await connect(`${running.url}/chat?name=Ada&room=tea`);
    await ask('hello');
    client.send('spam');
    expect(await ask('bad')).toBe('bad');
    await replaceFile(file, await stamp('2.0.0'));
    await running.log.seen('plugin-swapped');
    await writeFile(join(folder, 'next.wasm'), await stamp('3.0.0'));
    await running.host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, { percent: 100, http: false, approved: false });
    await ask('hello again');
    const operator = await open({ colorScheme, ...screen });
    const inspect = async (what: string): Promise<void> => {
      const found = [
        ...(await operator.page.evaluate(lowContrast)),
        ...(await operator.page.evaluate(accessibilityProblems)),
        ...((await operator.page.evaluate(horizontalOverflow)) > 0 ? ['scrolls sideways'] : []),
      ];
      expect(found, what).toEqual([]);
    };
    await operator.page.getByLabel('Key or token').waitFor();
    await inspect('login');
    await operator.logIn(KEYS.admin);
    await operator.live();
    for (const view of VIEWS) {
      await operator.goTo(view);
      await operator.loaded();
      if (view === 'Plugins') {
        await operator.page.getByText('Frames on which they differ').click();
        await operator.page.getByText('3.0.0 2 hello again').waitFor();
      }
      await inspect(view);
      if (process.env.FRAMEGATE_SCREENSHOTS !== undefined) {
        const width = operator.page.viewportSize()?.width;
        await operator.page.screenshot({
          path: join(process.env.FRAMEGATE_SCREENSHOTS, `${view}-${width}-${colorScheme}.png`),
          fullPage: true,
        });
      }
    }
    expect(operator.complaints).toEqual([]);
  });

  it('can be used by keyboard alone', async () => {
    const operator = await open();
    const { keyboard } = operator.page;
    await operator.page.waitForFunction(() => document.activeElement?.matches('input'));
    await keyboard.type(KEYS.operator);
    await keyboard.press('Enter');
    await operator.live();
    await operator.page.getByRole('link', { name: 'Plugins' }).focus();
    await keyboard.press('Enter');
    const disable = operator.button('Disable stamp');
    await disable.focus();
    expect(await operator.page.evaluate(focusIsVisible)).toBe(true);
    await keyboard.press('Space');
    const enable = operator.button('Enable stamp');
    await enable.waitFor();
    expect(await enable.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await ask('a')).toBe('a');
    await keyboard.press('Enter');
    await disable.waitFor();

    await writeFile(join(folder, 'next.wasm'), await stamp('2.0.0'));
    await running.host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, { percent: 100, http: false, approved: false });
    for (let index = 0; index < 30; index++) await ask('b');
    await operator.page.getByText('Frames on which they differ').focus();
    await keyboard.press('Enter');
    const differences = operator.page.getByRole('list', { name: 'Differences of stamp' });
    await differences.getByText('2.0.0 30 b').waitFor();
    await keyboard.press('Tab');
    expect(await differences.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await operator.page.evaluate(focusIsVisible)).toBe(true);
    await keyboard.press('End');
    await operator.page.waitForFunction(() => (document.activeElement?.scrollTop ?? 0) > 0);
    expect(operator.complaints).toEqual([]);
  });
});
