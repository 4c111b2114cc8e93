import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHost, type Host } from '../../host/src/index.js';
import { findChromium, launchChromium } from './browser.js';
import { accessibilityProblems, focusIsVisible, horizontalOverflow, lowContrast } from './page-checks.js';
import { Visitor } from './visitor.js';

const executable = findChromium();
if (executable === undefined) {
  console.warn('\n  ⚠ The chat page was NOT tested: no chromium, chromium-browser or google-chrome is on the PATH.\n');
}

it.runIf(process.env.FRAMEGATE_FORBID_SKIPS === '1')('finds a browser', () => {
  expect(executable, 'install Chromium, or unset FRAMEGATE_FORBID_SKIPS').toBeDefined();
});

describe.skipIf(executable === undefined)('the chat page in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  let host: Host;
  let address: AddressInfo;
  const visitors: Visitor[] = [];

  const startHost = async (port: number): Promise<void> => {
    host = await createHost({ server: { port }, log: { level: 'error' } });
    address = await host.listen();
  };
  const visit = async (search = '', options: Parameters<typeof Visitor.open>[2] = {}): Promise<Visitor> => {
    const visitor = await Visitor.open(browser, `http://localhost:${address.port}/${search}`, options);
    visitors.push(visitor);
    return visitor;
  };
  const enter = async (name: string, room: string, options: Parameters<typeof Visitor.open>[2] = {}): Promise<Visitor> => {
    const visitor = await visit('', options);
    await visitor.enter(name, room);
    return visitor;
  };

  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
    await startHost(0);
  });
  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
  });

  it('lets two people talk, and shows each who is there', async () => {
    const ada = await enter('Ada', 'talk');
    await ada.page.getByText('You are the first one here').waitFor();
    const bob = await enter('Bob', 'talk');
    await ada.sees(/^Bob joined$/);
    expect(await ada.people.count()).toBe(2);
    await ada.people.filter({ hasText: 'Ada (you)' }).waitFor();
    await ada.people.filter({ hasText: 'Bob' }).waitFor();

    await ada.say('Good morning');
    await bob.sees('Good morning');
    await ada.delivered('Good morning');
    await bob.say('And to you: https://example.org/tea.');
    const link = ada.log.getByRole('link', { name: 'https://example.org/tea', exact: true });
    expect(await link.getAttribute('rel')).toContain('noopener');
    expect(await bob.log.getByRole('heading', { name: /^Ada/ }).count()).toBe(1);

    await bob.close();
    visitors.splice(visitors.indexOf(bob), 1);
    await ada.sees(/^Bob left$/);
    expect(ada.complaints).toEqual([]);
  });

  it('shows what people write as text, never as markup', async () => {
    const ada = await enter('Ada', 'markup');
    const bob = await enter('Bob', 'markup');
    const attack = '<img src=x onerror="document.title=1"><b>bold</b>';
    await ada.say(attack);
    await bob.sees(attack);
    expect(await bob.log.locator('img, b:not(.presence b)').count()).toBe(0);
    expect(await bob.page.title()).toBe('markup · framegate chat');
  });

  it('shows a moderator’s notice apart from members, and the message as not delivered', async () => {
    const ada = await enter('Ada', 'pasta');
    const bob = await enter('Bob', 'pasta');
    for (let time = 0; time < 3; time += 1) await ada.say('buy my pasta');
    const notice = ada.log.getByRole('note', { name: 'Notice from a plugin' });
    await notice.getByText('content has been detected as copy pasta').waitFor();
    await ada.page.getByText('Not delivered.').waitFor();
    expect(await ada.message('buy my pasta').getByText('Delivered', { exact: true }).count()).toBe(2);
    expect(await bob.message('buy my pasta').count()).toBe(2);
    expect(await bob.log.getByRole('note').count()).toBe(0);

    await ada.page.getByRole('button', { name: 'Retry sending this message' }).click();
    await notice.nth(1).waitFor();
    await ada.page.getByText('Not delivered.').waitFor();
    expect(await bob.message('buy my pasta').count()).toBe(2);
  });

  it('remembers the name, and the room is in the address', async () => {
    const ada = await enter('Ada', 'address book');
    expect(new URL(ada.page.url()).searchParams.get('room')).toBe('address book');
    await ada.page.reload();
    await ada.online();
    await ada.page.getByRole('heading', { name: 'Room address book' }).waitFor();

    await ada.page.getByRole('button', { name: 'Leave' }).click();
    expect(await ada.page.getByLabel('Your name').inputValue()).toBe('Ada');
    await ada.page.goBack();
    await ada.page.getByRole('heading', { name: 'Room address book' }).waitFor();
    await ada.online();
  });

  it('leads by an address with a room to that room, and tells when a name is taken', async () => {
    await enter('Ada', 'shared');
    const other = await visit('?room=shared');
    expect(await other.page.getByLabel('Room').inputValue()).toBe('shared');
    await other.page.getByLabel('Your name').fill('Ada');
    await other.page.keyboard.press('Enter');
    await other.page.getByRole('alert').waitFor();
    await other.page.getByLabel('Your name').fill('Bea');
    await other.page.keyboard.press('Enter');
    await other.online();
    expect(other.complaints).toEqual([]);
  });

  it('stays where the reader is, and offers the way to new messages', async () => {
    const ada = await enter('Ada', 'scroll');
    const bob = await enter('Bob', 'scroll');
    for (let line = 1; line <= 30; line += 1) await ada.say(`line ${line}`);
    await bob.sees('line 30');
    await bob.log.focus();
    await bob.page.keyboard.press('Home');
    await bob.page.getByRole('button', { name: 'Newest' }).waitFor();
    // The browser scrolls there smoothly: until it has arrived it goes on, whatever else is asked of it.
    await bob.page.waitForFunction(() => document.querySelector('[role="log"]')?.scrollTop === 0);
    await ada.say('one more thing');
    await bob.page.getByRole('button', { name: '1 new message' }).click();
    await bob.page.waitForFunction(() => {
      const log = document.querySelector('[role="log"]');
      return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < 2;
    });
    expect(await bob.page.getByRole('button', { name: /new message|Newest/ }).count()).toBe(0);
    expect(await bob.composer.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('counts in the tab’s title what came while the tab was hidden', async () => {
    const ada = await enter('Ada', 'title');
    const bob = await enter('Bob', 'title');
    const hide = (hidden: boolean) =>
      bob.page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await hide(true);
    await ada.say('are you there');
    await ada.say('hello?');
    await bob.page.waitForFunction(() => document.title === '(2) title · framegate chat');
    await hide(false);
    await bob.page.waitForFunction(() => document.title === 'title · framegate chat');
  });

  it('can be used by keyboard alone', async () => {
    const bob = await enter('Bob', 'keys');
    const ada = await visit();
    const { keyboard } = ada.page;
    await ada.page.waitForFunction(() => document.activeElement?.matches('input'));
    await keyboard.type('Ada');
    await keyboard.press('Tab');
    expect(await ada.page.evaluate(focusIsVisible)).toBe(true);
    await keyboard.press('Control+A');
    await keyboard.type('keys');
    await keyboard.press('Enter');
    await ada.online();
    expect(await ada.page.evaluate(focusIsVisible)).toBe(true);
    await keyboard.type('first');
    await keyboard.press('Shift+Enter');
    await keyboard.type('second');
    await keyboard.press('Enter');
    await bob.sees('first second');
    expect(await ada.composer.inputValue()).toBe('');

    // The send button has nothing to send and is passed over: next comes our own name.
    await keyboard.press('Tab');
    expect(await ada.page.evaluate(focusIsVisible)).toBe(true);
    await keyboard.press('Enter');
    await keyboard.type('Ada Lovelace');
    await keyboard.press('Enter');
    await bob.sees(/^Ada is now Ada Lovelace$/);
    expect(await ada.page.getByRole('button', { name: 'Change your name' }).evaluate((element) => element === document.activeElement)).toBe(
      true,
    );
    expect(ada.complaints).toEqual([]);
  });

  it('fits a phone without scrolling sideways', async () => {
    const ada = await visit('', { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true });
    expect(await ada.page.evaluate(horizontalOverflow)).toBe(0);
    await ada.enter('Ada', 'a rather long name for one room');
    await ada.say(`https://example.org/${'long'.repeat(20)}`);
    await ada.composer.fill('word'.repeat(990));
    await ada.page.getByText('40 left').waitFor();
    expect(await ada.page.evaluate(horizontalOverflow)).toBe(0);

    const people = ada.page.getByRole('button', { name: /person here, show/ });
    await people.click();
    await ada.people.filter({ hasText: 'Ada (you)' }).waitFor();
    expect(await ada.composer.isVisible()).toBe(false);
    expect(await ada.page.evaluate(horizontalOverflow)).toBe(0);
    expect(await ada.page.evaluate(accessibilityProblems)).toEqual([]);
    await ada.page.keyboard.press('Escape');
    await ada.composer.waitFor();
    expect(await people.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(ada.complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('is readable and has names for everything in the %s scheme', async (colorScheme) => {
    const ada = await visit('', { colorScheme });
    await ada.page.getByRole('button', { name: 'Enter room' }).click();
    await ada.page.getByText('Please fill this in.').waitFor();
    expect(await ada.page.evaluate(lowContrast)).toEqual([]);
    expect(await ada.page.evaluate(accessibilityProblems)).toEqual([]);

    await ada.enter('Ada', `looks ${colorScheme}`);
    const bob = await enter('Bob', `looks ${colorScheme}`);
    await bob.say(`Is this ${colorScheme}? http://example.org`);
    for (let time = 0; time < 3; time += 1) await ada.say(`yes, ${colorScheme}`);
    await ada.log.getByRole('note').waitFor();
    await ada.page.getByText('Not delivered.').waitFor();
    expect(await ada.page.evaluate(lowContrast)).toEqual([]);
    expect(await ada.page.evaluate(accessibilityProblems)).toEqual([]);
  });

  it('comes back after a restart of the host, and delivers what was written meanwhile', async () => {
    const ada = await enter('Ada', 'restart');
    await ada.say('before');
    await ada.delivered('before');
    await host.drain();
    await ada.status.filter({ hasText: /^Reconnecting/ }).waitFor();
    expect(await ada.page.evaluate(lowContrast)).toEqual([]);
    await ada.say('meanwhile');
    await ada.message('meanwhile').getByText('Sending', { exact: true }).waitFor({ state: 'attached' });

    await startHost(address.port);
    await ada.online();
    await ada.delivered('meanwhile');
    const bob = await enter('Bob', 'restart');
    await bob.sees('meanwhile');
    // The browser itself reports each attempt that met a closed port.
    expect(ada.complaints.filter((complaint) => !complaint.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });
});
