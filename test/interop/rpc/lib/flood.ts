import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { installNode } from '../../../install-node.mjs';
import { freePort } from '../../../lib/free-port.js';
import type { Stage } from '../../../lib/stage.js';
import { until } from '../../../lib/until.js';
import type { Daemon } from './daemons.js';

/** Pinned, because the test knows its page. It has no dependencies, and wants Node.js 22. */
const VERSION = '4.16.2';
const HOME = join(tmpdir(), 'millrace-flood', VERSION);
const ENTRY = join(HOME, 'node_modules', 'flood', 'dist', 'index.js');
const CHROMIUM = process.env.MILLRACE_CHROMIUM ?? '/usr/bin/chromium';

export const browserProgram = {
  name: 'Chromium',
  missing: () => (existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is absent: install chromium`),
};

function install(): string {
  const node = installNode('22');
  if (existsSync(ENTRY)) return node;
  mkdirSync(HOME, { recursive: true });
  writeFileSync(
    join(HOME, 'package.json'),
    JSON.stringify({ private: true, dependencies: { flood: VERSION } }),
  );
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  const { status, stderr } = spawnSync('npm', args, { cwd: HOME, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`flood could not be installed: ${stderr}`);
  return node;
}

/** Flood's page in a browser, connected to a daemon. */
export class Flood {
  #shots = 0;

  private constructor(
    readonly page: Page,
    /** What the page told of errors. */
    readonly errors: readonly string[],
    readonly shots: string,
  ) {}

  /** Makes an account, whose client is the daemon, by the page's form. Screenshots stay in the temporary folder. */
  static async open(stage: Stage, daemon: Daemon): Promise<Flood> {
    const node = install();
    const [port, rundir] = [await freePort(), stage.path('flood')];
    await mkdir(rundir);
    const program = stage.run(node, [
      ENTRY,
      ...['--rundir', rundir, '--port', String(port), '--allowedpath', stage.dir],
    ]);
    await program.line(/Flood server listening/, 60_000);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    stage.defer(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    page.setDefaultTimeout(30_000);
    const errors: string[] = [];
    page.on('pageerror', error => void errors.push(String(error)));
    const shots = join(tmpdir(), 'millrace-flood', 'shots', daemon.kind.name);
    await mkdir(shots, { recursive: true });
    const flood = new Flood(page, errors, shots);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.fill('#username', 'somebody');
    await page.fill('#password', 'a password');
    await page.click('.select__button');
    await page.getByText('Transmission', { exact: true }).click();
    await page.fill('#url', `${daemon.origin}/transmission/rpc`);
    await page.click('button[type=submit]');
    await page.waitForSelector('.action--add-torrent');
    // the session's settings, folders among them, are asked when the page is opened by somebody known
    const settings = page.waitForResponse(response => response.url().endsWith('/api/client/settings'));
    await page.reload();
    await settings;
    await page.waitForSelector('.action--add-torrent');
    return flood;
  }

  async shot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(this.shots, `${++this.#shots}-${name}.png`) });
  }

  /** By the dialog for files; Flood proposes the folder that the daemon tells. @returns that folder */
  async add(path: string): Promise<string> {
    const { page } = this;
    await page.click('.action--add-torrent');
    await page.getByText('By File').click();
    await page.setInputFiles('.modal input[type=file]', path);
    const folder = await page.inputValue('#destination');
    await this.shot('add');
    await page.locator('.modal button', { hasText: 'Add Torrent' }).click();
    await page.waitForSelector('.modal', { state: 'detached' });
    return folder;
  }

  /** Statuses of a row, `downloading`, `inactive` and so on; undefined: there is no such row. */
  async statuses(name: string): Promise<readonly string[] | undefined> {
    const rows = this.page.locator(`.torrent[data-torrent-name="${name}"]`);
    const [status] = await rows.evaluateAll(found =>
      found.map(row => row.getAttribute('data-torrent-status')),
    );
    return status?.split('-');
  }

  async untilStatus(name: string, status: string): Promise<void> {
    await until(`${status} of ${name} in Flood`, async () => (await this.statuses(name))?.includes(status));
  }

  /** Opens the torrent's dialog, and resolves when each tab shows its words. */
  async details(name: string, words: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const { page } = this;
    await page.locator(`.torrent[data-torrent-name="${name}"]`).dblclick();
    const content = page.locator('.modal__content');
    for (const [tab, wanted] of Object.entries(words)) {
      await page.locator('.modal__tab', { hasText: tab }).locator('button').click();
      // the folder opens, and shows its files
      if (tab === 'Files') await page.locator('.directory-tree__node--directory').getByText(name).click();
      for (const word of wanted) await content.getByText(word).first().waitFor();
      await this.shot(tab.toLowerCase());
    }
    await page.keyboard.press('Escape');
    await page.waitForSelector('.modal', { state: 'detached' });
  }

  async select(name: string): Promise<void> {
    await this.page.locator(`.torrent[data-torrent-name="${name}"]`).click();
  }

  async press(action: 'start' | 'stop'): Promise<void> {
    await this.page.click(`.action--${action}-torrent`);
  }

  /** The selected ones, with their files. */
  async remove(): Promise<void> {
    const { page } = this;
    await page.click('.action--remove-torrent');
    await page.waitForSelector('.modal');
    const withFiles = page.locator('.modal .toggle-input__element');
    if (!(await withFiles.isChecked())) await page.locator('.modal .toggle-input').click();
    await this.shot('remove');
    await page.locator('.modal button', { hasText: 'Yes' }).click();
  }
}
