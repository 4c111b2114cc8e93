import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** Somebody with a browser of their own, looking at the chat page. */
export class Visitor {
  readonly page: Page;
  /** What the page complained about on its console, CSP violations and uncaught errors included. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options });
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(url);
    return visitor;
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: /^Message to/ });
  }

  get log(): Locator {
    return this.page.getByRole('log', { name: 'Messages' });
  }

  get status(): Locator {
    return this.page.getByRole('status');
  }

  get people(): Locator {
    return this.page.getByRole('complementary', { name: /Here now/ }).getByRole('listitem');
  }

  message(text: string): Locator {
    return this.log.locator('.message').filter({ hasText: text });
  }

  async enter(name: string, room: string): Promise<void> {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByLabel('Room').fill(room);
    await this.page.getByRole('button', { name: 'Enter room' }).click();
    await this.online();
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  online(): Promise<void> {
    return this.status.filter({ hasText: /^Online$/ }).waitFor();
  }

  delivered(text: string): Promise<void> {
    return this.message(text).getByText('Delivered', { exact: true }).waitFor({ state: 'attached' });
  }

  sees(text: string | RegExp): Promise<void> {
    return this.log.getByText(text).first().waitFor();
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
