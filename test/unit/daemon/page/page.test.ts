import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Refusal, Visit } from '../../../../src/daemon/http/door.js';
import { SECURITY_HEADERS } from '../../../../src/daemon/page/answer.js';
import { createPage, MAX_VIEWERS, type Page } from '../../../../src/daemon/page/page.js';
import { FakeSource, torrent } from '../../../lib/page-source.js';

let source: FakeSource;
let page: Page;
let server: Server;
let port: number;
let refusal: Refusal | undefined;
let visits: Visit[];
let reports: unknown[];
let responses: ServerResponse[];
let handled: Promise<void>[];

beforeEach(async () => {
  // only the page's period: sockets keep their time
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  source = new FakeSource([1, 2, 3].map(id => torrent(id, { name: `torrent ${id}` })));
  [refusal, visits, reports, responses, handled] = [undefined, [], [], [], []];
  const check = async (visit: Visit) => {
    visits.push(visit);
    return refusal;
  };
  page = createPage({ source, check, report: error => reports.push(error) });
  server = createServer((req, res) => {
    responses.push(res);
    const path = new URL(req.url!, 'http://localhost').pathname as keyof Page['routes'];
    handled.push(page.routes[path](req, res));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function visit(path: string, method = 'GET'): Promise<IncomingMessage> {
  const asked = request({ host: '127.0.0.1', port, path, method, agent: false }).end();
  asked.on('error', () => {});
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

async function text(answer: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of answer.setEncoding('utf8')) body += chunk;
  return body;
}

/** Events of a stream, one after the other. */
async function watch(query = '') {
  const answer = await visit(`/page/events${query}`);
  const events = (async function* () {
    let rest = '';
    for await (const chunk of answer.setEncoding('utf8')) {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) {
        const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(part)!;
        yield { name, data: JSON.parse(data) };
      }
    }
  })();
  const until = async (name: string) => {
    const seen = [];
    for (;;) {
      const next = await events.next();
      if (next.done) throw new Error(`the stream ended before ${name}`);
      seen.push(next.value);
      if (next.value.name === name) return seen;
    }
  };
  return { answer, until, ended: async () => (await events.next()).done === true };
}

/** The next look of the page, once the last one is over. */
async function second(): Promise<void> {
  while (vi.getTimerCount() === 0) await nextRound();
  await vi.advanceTimersByTimeAsync(1000);
}

describe('answers', () => {
  const everywhere = ['/', '/page/app.js', '/page/style.css', '/page/events'];

  function expectGuarded(answer: IncomingMessage): void {
    const expected = Object.entries(SECURITY_HEADERS).map(([name, value]) => [name.toLowerCase(), value]);
    expect(answer.headers).toMatchObject(Object.fromEntries(expected));
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  }

  it.each(everywhere)('have all headers that guard the page: %s', async path => {
    const answer = await visit(path);
    expect(answer.statusCode).toBe(200);
    expectGuarded(answer);
    answer.destroy();
  });

  it('are of the type that they say', async () => {
    const types = await Promise.all(
      everywhere.map(async path => (await visit(path, 'HEAD')).headers['content-type']),
    );
    const names = ['text/html', 'text/javascript', 'text/css', 'text/event-stream'];
    expect(types).toEqual(names.map(name => `${name}; charset=utf-8`));
  });

  it.each(everywhere)('send the refusal of the door first: %s', async path => {
    refusal = { status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'no\n' };
    const answer = await visit(path);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic');
    expectGuarded(answer);
    expect(await text(answer)).toBe('no\n');
    expect(visits).toMatchObject([{ verb: 'GET', address: '127.0.0.1' }]);
    await Promise.all(handled);
    expect([source.asked, reports]).toEqual([0, []]);
  });

  it('to other verbs and to what is no info-hash are errors, and guarded too', async () => {
    const answers = [await visit('/', 'POST'), await visit('/page/events?torrent=../../etc')];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([405, 400]);
    answers.forEach(expectGuarded);
  });

  it('name no inline script or style, and nothing of another host', async () => {
    const html = await text(await visit('/'));
    expect(html).toContain('<script src="page/app.js" defer></script>');
    expect(html).not.toMatch(/<script>|<style|style=|\son\w+=|(?:src|href)="(?:https?:)?\/\//);
  });
});

describe('the stream', () => {
  it('has the whole list first, then what changes', async () => {
    const viewer = await watch();
    const first = await viewer.until('ready');
    const rows = first.flatMap(({ name, data }) => (name === 'change' ? data.rows : []));
    expect(rows.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3]);
    expect(first.map(({ name }) => name)).toContain('session');
    source.change(2, { up: 1234, peers: 1 });
    source.list = source.list.filter(({ id }) => id !== 3);
    await second();
    const { data } = (await viewer.until('change')).at(-1)!;
    expect(data).toEqual({ patches: [{ id: 2, up: 1234, peers: 1 }], gone: [3] });
  });

  it('tells a second viewer everything, and looks once for both', async () => {
    const one = await watch();
    await one.until('ready');
    source.change(1, { up: 5 });
    await second();
    await one.until('change');
    const asked = source.asked;
    const two = await watch();
    const rows = (await two.until('ready')).flatMap(({ name, data }) => (name === 'change' ? data.rows : []));
    expect(rows[0]).toMatchObject({ id: 1, up: 5 });
    expect(source.asked).toBe(asked);
    source.change(1, { up: 6 });
    await second();
    for (const viewer of [one, two])
      expect((await viewer.until('change')).at(-1)!.data).toEqual({ patches: [{ id: 1, up: 6 }] });
    expect(source.asked).toBe(asked + 1);
  });

  it('tells details of one torrent, with the list or without, and when it is gone', async () => {
    const { hash } = source.list[1];
    const both = await watch(`?torrent=${hash.toUpperCase()}`);
    expect((await both.until('detail')).at(-1)!.data).toMatchObject({ hash, dir: '/srv/torrents/complete' });
    await both.until('ready');
    const alone = await watch(`?torrent=${hash}&list=0`);
    const told = await alone.until('detail');
    expect(told.map(({ name }) => name)).toEqual(['session', 'detail']);
    // all of it, though the first viewer had most of it before
    expect(told[1].data).toMatchObject({ pieces: { count: 10_000 } });
    source.list = [];
    await second();
    const seen = await alone.until('detail');
    expect(seen.at(-1)!.data).toBeNull();
    expect(seen.filter(({ name }) => name === 'change')).toEqual([]);
  });

  it('costs nothing while nobody watches', async () => {
    expect([vi.getTimerCount(), source.asked]).toEqual([0, 0]);
    const viewers = [await watch(), await watch()];
    for (const viewer of viewers) await viewer.until('ready');
    while (vi.getTimerCount() === 0) await nextRound();
    for (const [i, viewer] of viewers.entries()) {
      const closed = once(responses[i], 'close');
      viewer.answer.destroy();
      await closed;
      expect(vi.getTimerCount()).toBe(i === 0 ? 1 : 0);
    }
    const again = await watch();
    expect((await again.until('ready')).some(({ data }) => data.rows?.length === 3)).toBe(true);
  });

  it(`is for ${MAX_VIEWERS} viewers, and a place that comes free is taken`, async () => {
    const viewers = [];
    for (let i = 0; i < MAX_VIEWERS; i++) viewers.push(await watch());
    const more = await visit('/page/events');
    expect([more.statusCode, more.headers['retry-after']]).toEqual([503, '10']);
    const closed = once(responses[0], 'close');
    viewers[0].answer.destroy();
    await closed;
    expect((await visit('/page/events')).statusCode).toBe(200);
  });

  it('drops who does not read, and nobody else', async () => {
    const reader = await watch();
    await reader.until('ready');
    const deaf = connect(port, '127.0.0.1').pause();
    deaf.write('GET /page/events?list=1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(server, 'request');
    const response = responses.at(-1)!;
    let isGone = false;
    response.once('close', () => {
      isGone = true;
    });
    let most = 0;
    for (let round = 0; !isGone; round++) {
      source.change(1, { name: `${round} ${'x'.repeat(1_000_000)}` });
      await second();
      await reader.until('change');
      most = Math.max(most, response.writableLength);
    }
    expect(most).toBeGreaterThan(1_000_000);
    expect(most).toBeLessThan(6_000_000);
    source.change(2, { up: 1 });
    await second();
    await reader.until('change');
    deaf.destroy();
  });

  it('holds the first list back for who does not read it', async () => {
    source.list = Array.from({ length: 20_000 }, (_, i) => torrent(i + 1, { name: 'x'.repeat(2000) }));
    const slow = connect(port, '127.0.0.1').pause();
    slow.write('GET /page/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(server, 'request');
    const response = responses.at(-1)!;
    while (response.writableLength < 256 * 1024) await nextRound();
    for (let i = 0; i < 100; i++) await nextRound();
    expect(response.writableLength).toBeLessThan(1_500_000);
    let read = 0;
    let end = '';
    slow.resume();
    while (!end.includes('event: ready')) {
      const [chunk] = (await once(slow, 'data')) as [Buffer];
      read += chunk.length;
      end = (end + chunk.toString('latin1')).slice(-100);
    }
    expect(read).toBeGreaterThan(40_000_000);
    slow.destroy();
  });

  it('ends when the page is closed, and when the source fails', async () => {
    const one = await watch();
    await one.until('ready');
    while (vi.getTimerCount() === 0) await nextRound();
    page.close();
    expect(await one.ended()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    const two = await watch();
    await two.until('ready');
    source.torrents = () => {
      throw new Error('broken');
    };
    await second();
    await expect(two.until('change')).rejects.toThrow('ended');
    expect(reports).toMatchObject([{ message: 'broken' }]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
