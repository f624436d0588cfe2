import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Locator, Page as Tab } from 'playwright-core';
import { afterAll, it as base, beforeAll, describe, expect } from 'vitest';
import { createPage } from '../../dist/daemon/page/page.js';
import type { PageTorrent } from '../../src/daemon/page/source.js';
import { FakeSource, manyTorrents, realisticTorrents, torrent } from '../lib/page-source.js';
import { until } from '../lib/until.js';
import { chromium } from './clients/chromium.js';
import { skipReason } from './clients/required.js';

interface Opened {
  readonly tab: Tab;
  readonly source: FakeSource;
  readonly rows: Locator;
  /** Ends all streams, as a daemon that stops. */
  readonly disconnect: () => void;
}

type Open = (torrents: PageTorrent[], options?: BrowserContextOptions) => Promise<Opened>;

let browser: Browser;

/** `open` serves torrents and shows them; whatever a browser complains of fails the test. */
const it = base.extend<{ open: Open }>({
  open: async ({ task: _task }, use) => {
    const complaints: string[] = [];
    const closers: (() => Promise<unknown>)[] = [];
    await use(async (torrents, options = {}) => {
      const source = new FakeSource(torrents);
      const page = createPage({ source, check: async () => undefined });
      const server = createServer((request, response) => {
        const path = new URL(request.url!, 'http://localhost').pathname as keyof typeof page.routes;
        if (path in page.routes) void page.routes[path](request, response);
        else response.writeHead(404).end();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      const tab = await context.newPage();
      tab.on('console', message => complaints.push(message.text()));
      tab.on('pageerror', error => complaints.push(String(error)));
      tab.on('dialog', dialog => complaints.push(`dialog: ${dialog.message()}`));
      tab.on('request', request => {
        if (new URL(request.url()).port !== String((server.address() as AddressInfo).port))
          complaints.push(request.url());
      });
      closers.push(async () => {
        await context.close();
        page.close();
        server.closeAllConnections();
        server.close();
      });
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await tab.locator('.stream[data-state=live]').waitFor();
      return { tab, source, rows: tab.locator('.space .row'), disconnect: page.close };
    });
    await Promise.all(closers.map(close => close()));
    expect(complaints).toEqual([]);
  },
});

/** The list says that it has so many rows, and a short one has all of them in the document. */
const hasRows = (tab: Tab, count: number) =>
  until(`${count} rows`, async () => {
    const said = Number(await tab.locator('.list').getAttribute('aria-rowcount')) - 1;
    return said === count && (count > 15 || (await tab.locator('.space .row').count()) === count);
  });

describe.skipIf(skipReason([chromium]) !== undefined)('status page in Chromium', () => {
  beforeAll(async () => {
    browser = await chromium.start();
  });
  afterAll(() => browser?.close());

  it('keeps few of 10,000 rows in the document, wherever it is scrolled to', async ({ open }) => {
    const { tab, rows } = await open(manyTorrents(10_000));
    await hasRows(tab, 10_000);
    const seen: string[] = [];
    for (const share of [0, 0.25, 0.5, 1]) {
      await tab.locator('.scroller').evaluate((scroller, at) => {
        scroller.scrollTop = at * scroller.scrollHeight;
        return new Promise(resolve => requestAnimationFrame(resolve));
      }, share);
      expect(await rows.count()).toBeLessThan(100);
      // what is in the middle of the list's view
      const box = (await tab.locator('.scroller').boundingBox())!;
      seen.push(
        await tab.evaluate(
          ([x, y]) =>
            document.elementFromPoint(x, y)?.closest('.row')?.getAttribute('aria-rowindex') ?? 'none',
          [box.x + 100, box.y + box.height / 2],
        ),
      );
    }
    const [first, quarter, half, last] = seen.map(Number);
    expect(first).toBeLessThan(20);
    expect(quarter).toBeGreaterThan(2_400);
    expect(half).toBeGreaterThan(4_900);
    expect(last).toBeGreaterThan(9_985);
  });

  it('shows what changes, comes and goes', async ({ open }) => {
    const { tab, rows, source } = await open([1, 2, 3].map(id => torrent(id, { name: `torrent ${id}` })));
    await hasRows(tab, 3);
    source.change(2, { up: 1_500_000, peers: 3 });
    await tab.locator('.row', { hasText: 'torrent 2' }).getByText('1.50 MB/s').waitFor();
    await tab.locator('.summary .up', { hasText: '1.50 MB/s' }).waitFor();
    source.list = [...source.list.slice(1), torrent(4, { name: 'late' })];
    await rows.getByText('late').waitFor();
    await rows.getByText('torrent 1').waitFor({ state: 'detached' });
    expect(await rows.count()).toBe(3);
  });

  it('filters by text, status and label, and sorts by any column', async ({ open }) => {
    const { tab, rows } = await open(realisticTorrents());
    await hasRows(tab, 12);
    await tab.getByPlaceholder('Find by name').fill('x86 linux');
    await hasRows(tab, 1);
    await tab.getByPlaceholder('Find by name').fill('');
    await tab.getByRole('button', { name: /^Downloading/ }).click();
    await hasRows(tab, 4);
    await tab.getByLabel('Label').selectOption('maps');
    await hasRows(tab, 1);
    await tab.getByLabel('Label').selectOption('');
    await tab.getByRole('button', { name: /^All/ }).click();
    await hasRows(tab, 12);
    const titles = tab.locator('.head button');
    for (let i = 0; i < (await titles.count()); i++) {
      const header = tab.getByRole('columnheader').nth(i);
      const before = await header.getAttribute('aria-sort');
      await titles.nth(i).click();
      await until('the new order', async () => (await header.getAttribute('aria-sort')) !== before);
    }
    await tab.getByRole('button', { name: 'Size' }).click();
    await tab.locator('.row[aria-rowindex="2"]', { hasText: 'Prelinger' }).waitFor();
    expect(await rows.count()).toBe(12);
  });

  it('opens a torrent by keyboard, follows it, and closes it again', async ({ open }) => {
    const { tab, source } = await open(realisticTorrents());
    await hasRows(tab, 12);
    await tab.locator('.row[aria-rowindex="2"]').focus();
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('ArrowUp');
    await tab.keyboard.press('Enter');
    const detail = tab.getByRole('complementary');
    await detail.getByRole('heading', { name: 'Blender Open Movies' }).waitFor();
    await detail.getByText('198.51.100.7:6881').waitFor();
    await detail.getByText('https://torrent.example.org/announce').waitFor();
    await detail.getByText('SHA256SUMS').waitFor();
    await detail.getByText('choke 21%').waitFor();
    await detail.getByText('2.3 copies of the rarest piece').waitFor();
    const label = await detail.locator('canvas').getAttribute('aria-label');
    expect(label).toMatch(/^[\d\u202f]+ of 10\u202f000 pieces are here/);
    source.change(5, { progress: 0.5, copies: 0.4 });
    await detail.getByText('50.0%').first().waitFor();
    await detail.getByText('not to be had from these peers').waitFor();
    await tab.keyboard.press('Escape');
    await detail.waitFor({ state: 'hidden' });
    expect(await tab.evaluate(() => document.activeElement?.getAttribute('aria-rowindex'))).toBe('3');
    await until('a look without details', async () => {
      const { asked, detailsAsked } = source;
      await until('a look', () => source.asked > asked);
      return source.detailsAsked === detailsAsked;
    });
  });

  it('runs nothing that a name, a label or an error says', async ({ open }) => {
    const names = [
      '<img src=x onerror="globalThis.owned=1">',
      '</script><script>globalThis.owned=1</script>',
      '"><svg onload=globalThis.owned=1>',
      "javascript:globalThis.owned=1//'",
      '\u202egnp.exe',
      'event: change\ndata: {"gone":[1]}\n\n',
    ];
    const { tab, rows } = await open(
      names.map((name, i) => torrent(i + 1, { name, labels: [name], error: name })),
    );
    await hasRows(tab, names.length);
    const shown = await rows.locator('.title').allTextContents();
    const expected = names.map(name => name.replace(/[\n\u202e]/g, '\ufffd'));
    expect(shown.sort()).toEqual(expected.sort());
    const hints = await rows
      .locator('.title')
      .evaluateAll(all => all.map(title => title.getAttribute('title')));
    expect(hints.sort()).toEqual(expected.sort());
    for (let i = 0; i < names.length; i++) {
      await rows.nth(i).click();
      await tab.locator('.detail .files').waitFor();
    }
    expect(
      await tab.evaluate(() => [(globalThis as { owned?: number }).owned, document.images.length]),
    ).toEqual([undefined, 0]);
    expect(await tab.locator('main script, main svg, main img').count()).toBe(0);
  });

  it('says that the connection is lost, and comes again with what there is then', async ({ open }) => {
    const { tab, source, disconnect } = await open([1, 2].map(id => torrent(id, { name: `torrent ${id}` })));
    await hasRows(tab, 2);
    source.list = [torrent(2, { name: 'torrent 2' }), torrent(3, { name: 'torrent 3' })];
    const lost = tab.locator('.stream[data-state=lost]').waitFor();
    disconnect();
    await lost;
    await tab.locator('.stream[data-state=live]').waitFor();
    await tab.locator('.row', { hasText: 'torrent 3' }).waitFor();
    await tab.locator('.row', { hasText: 'torrent 1' }).waitFor({ state: 'detached' });
  });

  it.for([
    { colorScheme: 'light', width: 1280 },
    { colorScheme: 'dark', width: 1280 },
    { colorScheme: 'light', width: 390 },
    { colorScheme: 'dark', width: 390 },
  ] as const)('can be read in $colorScheme at $width pixels', async ({ colorScheme, width }, { open }) => {
    const { tab, rows } = await open(realisticTorrents(), { colorScheme, viewport: { width, height: 844 } });
    await hasRows(tab, 12);
    await rows.first().click();
    await tab.locator('.detail .files').waitFor();
    const { contrasts, overflow } = await tab.evaluate(readability);
    expect(overflow).toBeLessThanOrEqual(0);
    // WCAG 2.2, 1.4.3
    expect(contrasts.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    expect(contrasts.length).toBeGreaterThan(20);
  });
});

/** In the browser: the contrast of every text that is shown with what is behind it, and what is wider than the window. */
function readability() {
  const parse = (color: string) => color.match(/[\d.]+/g)!.map(Number);
  const luminance = (color: string) => {
    const [r, g, b] = parse(color).map(value => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(element).backgroundColor;
    return parse(color)[3] === 0 ? ground(element.parentElement) : color;
  };
  const texts = [...document.querySelectorAll<HTMLElement>('body *')].filter(
    element =>
      element.checkVisibility({ visibilityProperty: true }) &&
      [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent?.trim()),
  );
  const contrasts = texts.map(element => {
    const values = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort(
      (a, b) => b - a,
    );
    return {
      text: element.textContent!.slice(0, 30),
      ratio: Math.round(((values[0] + 0.05) / (values[1] + 0.05)) * 10) / 10,
    };
  });
  return { contrasts, overflow: document.documentElement.scrollWidth - window.innerWidth };
}
