import { type Browser, chromium } from 'playwright-core';
import { findProgram } from '../support/find-program.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The sandbox needs rights that containers rarely give; the rest keeps the browser from talking to anybody but us. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A Chromium on the PATH, if there is one. */
export function findChromium(): string | undefined {
  return findProgram(...NAMES);
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}
