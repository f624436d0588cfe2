import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../lib/daemon-process.js';
import { openStage } from '../lib/e2e-stage.js';
import type { Stage } from '../lib/stage.js';
import { chromium } from './clients/chromium.js';
import { skipReason } from './clients/required.js';

const skipped = skipReason([chromium]);

/** A page of some other site, on a port of its own. */
async function openSite(stage: Stage): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>another site</title>');
  }).listen(0, '127.0.0.1');
  stage.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

describe.skipIf(skipped !== undefined)('a page of another site, in a browser of this machine', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.start();
  });
  afterAll(() => browser?.close());

  it('reads no answer of the daemon, changes nothing, and cannot frame its page', async () => {
    const stage = await openStage();
    const daemon = new DaemonProcess(stage, {
      'state-dir': stage.path('state'),
      'download-dir': stage.path('downloads'),
    });
    const rpc = await daemon.url;
    const context = await browser.newContext();
    stage.defer(() => context.close());
    const tab = await context.newPage();
    await tab.goto(await openSite(stage));

    const outcomes = await tab.evaluate(async url => {
      const body = '{"method":"session-set","arguments":{"speed-limit-up":1,"speed-limit-up-enabled":true}}';
      const attempt = async (options: RequestInit) => {
        try {
          const response = await fetch(url, { method: 'POST', body, ...options });
          return `${response.type} ${response.headers.get('x-transmission-session-id')} ${await response.text()}`;
        } catch (error) {
          return (error as Error).name;
        }
      };
      const frame = document.createElement('iframe');
      frame.src = new URL('/', url).href;
      document.body.append(frame);
      await new Promise(resolve => frame.addEventListener('load', resolve));
      return [
        await attempt({}),
        await attempt({ headers: { 'X-Transmission-Session-Id': 'x' } }),
        await attempt({ mode: 'no-cors' }),
      ];
    }, rpc);

    expect(outcomes).toEqual(['TypeError', 'TypeError', 'opaque null ']);
    expect(
      tab
        .frames()
        .map(frame => frame.url())
        .at(-1),
    ).toBe('chrome-error://chromewebdata/');
    expect(await daemon.call('session-get')).toMatchObject({ 'speed-limit-up-enabled': false });
  });
});
