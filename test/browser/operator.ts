import type { Locator } from 'playwright-core';
import type { Visitor } from './visitor.js';

/** Somebody at the operators' dashboard. */
export class Operator {
  readonly visitor: Visitor;

  constructor(visitor: Visitor) {
    this.visitor = visitor;
  }

  get page(): Visitor['page'] {
    return this.visitor.page;
  }

  /** Complaints other than those that the browser itself makes of an answer 401. */
  get complaints(): string[] {
    return this.visitor.complaints.filter((complaint) => !complaint.includes('401 (Unauthorized)'));
  }

  async logIn(key: string): Promise<void> {
    await this.page.getByLabel('Key or token').fill(key);
    await this.page.getByRole('button', { name: 'Log in' }).click();
  }

  live(): Promise<void> {
    return this.page
      .getByRole('status')
      .filter({ hasText: /^Live$/ })
      .waitFor();
  }

  async goTo(view: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view, exact: true }).click();
    await this.page.getByRole('heading', { level: 1, name: view, exact: true }).waitFor({ state: 'attached' });
  }

  /** Nothing on the page is still to come: a view may have several parts that load. */
  async loaded(): Promise<void> {
    await this.page.waitForFunction(() => ![...document.querySelectorAll('.empty')].some((part) => part.textContent?.includes('Loading')));
  }

  plugin(name: string): Locator {
    return this.page.getByRole('article', { name, exact: true });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  row(text: string | RegExp): Locator {
    return this.page.getByRole('row').filter({ hasText: text });
  }

  /** Confirms what is asked. */
  async agree(button: string): Promise<void> {
    await this.page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
  }
}
