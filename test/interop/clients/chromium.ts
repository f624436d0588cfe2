import { spawnSync } from 'node:child_process';
import { type Browser, chromium as playwright } from 'playwright-core';
import { missingProgram } from './installed.js';

/** As Debian and as others call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const command =
  NAMES.find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) ?? NAMES[0];

/** It talks to the page and to nobody else. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const chromium = {
  name: 'Chromium',
  missing: () => missingProgram(command, ['--version'], 'chromium'),
  start(): Promise<Browser> {
    const { stdout } = spawnSync('which', [command], { encoding: 'utf8' });
    return playwright.launch({ executablePath: stdout.trim(), args: FLAGS, timeout: 100_000 });
  },
};
