import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTorrent } from '../../dist/index.js';
import { DaemonProcess } from '../lib/daemon-process.js';
import { openStage } from '../lib/e2e-stage.js';
import { writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';

/** Rows of attacks on remote controls and daemons; those on the wire and on torrents have tests of their own. */

async function openDaemon(stage: Stage, settings: Readonly<Record<string, string | number>> = {}) {
  const daemon = new DaemonProcess(stage, {
    'state-dir': stage.path('state'),
    'download-dir': stage.path('downloads'),
    'log-level': 'debug',
    ...settings,
  });
  await mkdir(stage.path('downloads'), { recursive: true });
  return { daemon, url: new URL(await daemon.url) };
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Any header, as no fetch would send it. */
async function ask(url: URL, { method = 'POST', path, headers = {}, body = '' }: Asked = {}) {
  const request = httpRequest({
    ...{ host: url.hostname, port: url.port, path: path ?? url.pathname, method },
    headers: { 'Content-Length': Buffer.byteLength(body), ...headers },
    setHost: headers.Host === undefined,
  }).end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

async function base64Torrent(stage: Stage, name: string): Promise<string> {
  await writeSamples(stage.path('made'), { [name]: 20_000 }, 1);
  const { bytes } = await createTorrent(stage.path('made', name), { workers: 0 });
  return Buffer.from(bytes).toString('base64');
}

describe('a page in a browser of this machine', () => {
  it('is told nothing under a name that is not ours (DNS rebinding)', async () => {
    const stage = await openStage();
    const { url } = await openDaemon(stage, { 'rpc-hosts': 'box.example' });
    const status = async (Host: string, path = url.pathname) =>
      (await ask(url, { headers: { Host }, path })).status;
    for (const host of [
      'evil.example',
      'evil.example:9091',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ]) {
      expect(await status(host), host).toBe(421);
      for (const path of ['/', '/page/events', '/metrics']) expect(await status(host, path), path).toBe(421);
    }
    for (const host of ['127.0.0.1:1', 'localhost', 'localhost.:9', '[::1]:9091', 'BOX.example:80'])
      expect(await status(host), host).toBe(409);
    // HTTP/1.0 has no Host: no browser speaks it
    const socket = connect(Number(url.port), url.hostname);
    socket.end(`POST ${url.pathname} HTTP/1.0\r\nContent-Length: 0\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain(' 421 ');
  });

  it('cannot send a request from another site, nor read an answer, nor frame the page', async () => {
    const stage = await openStage();
    const { url } = await openDaemon(stage);
    const id = (await ask(url)).headers['x-transmission-session-id'] as string;
    const body = '{"method":"session-get"}';
    const from = (origin: string) =>
      ask(url, { headers: { Origin: origin, 'X-Transmission-Session-Id': id }, body });
    expect((await from('https://evil.example')).status).toBe(403);
    expect((await from('null')).status).toBe(403);
    expect((await from(url.origin)).status).toBe(200);
    for (const { headers } of [
      await from('https://evil.example'),
      await ask(url, { method: 'OPTIONS', headers: { Origin: 'https://evil.example' } }),
      await ask(url),
    ])
      expect(Object.keys(headers).filter(name => name.startsWith('access-control'))).toEqual([]);
    // a form or an image cannot name the header
    expect((await ask(url, { body })).status).toBe(409);
    expect((await ask(url, { method: 'GET' })).status).toBe(409);
    const { headers } = await ask(url, { method: 'GET', path: '/' });
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });
});

describe('somebody on the network', () => {
  it('does not guess the password: after ten tries he is not heard, others are', async () => {
    const stage = await openStage();
    const secret = 'a password of mine';
    const config = stage.path('daemon.toml');
    await writeFile(config, `rpc-password = "${secret}"\n`);
    const { daemon, url } = await openDaemon(stage, { config });
    const login = (password: string) => ({
      Authorization: `Basic ${Buffer.from(`millrace:${password}`).toString('base64')}`,
    });
    expect((await ask(url)).status).toBe(401);
    expect((await ask(url, { headers: login(secret) })).status).toBe(409);
    for (const path of ['/', '/metrics', '/page/events'])
      expect((await ask(url, { method: 'GET', path })).status).toBe(401);
    for (const path of ['/healthz', '/readyz'])
      expect((await ask(url, { method: 'GET', path })).status).toBe(200);
    for (let tries = 0; tries < 10; tries++)
      expect((await ask(url, { headers: login(`${tries}`) })).status).toBe(401);
    // also with the right one, or he would know it
    expect((await ask(url, { headers: login(secret) })).status).toBe(403);
    const fromElsewhere = connect({ host: '127.0.0.1', port: Number(url.port), localAddress: '127.0.0.2' });
    const { Authorization } = login(secret);
    fromElsewhere.write(
      `POST ${url.pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: ${Authorization}\r\nContent-Length: 0\r\n\r\n`,
    );
    const [answer] = await once(fromElsewhere, 'data');
    expect(String(answer)).toContain(' 409 ');
    fromElsewhere.destroy();
    // what was tried is nobody's to read
    await daemon.stop();
    expect(daemon.log).not.toContain(secret);
  });

  it('costs little when he sends slowly, much, or nonsense', async () => {
    const stage = await openStage();
    const { url } = await openDaemon(stage);
    const headers = {
      'X-Transmission-Session-Id': (await ask(url)).headers['x-transmission-session-id'] as string,
    };
    const answer = async (body: string) => {
      const { status, text } = await ask(url, { headers, body });
      return { status, text };
    };
    expect(await answer('')).toMatchObject({ status: 200 });
    for (const body of ['{', '[]', 'null', '17', '"x"', '{"method":17}', '[['.repeat(100_000)])
      expect((await answer(body)).status, body.slice(0, 20)).toBe(200);
    // 25 MiB are read; were there much more left, we would be cut off while we send, before or after we hear why
    expect((await answer(`{"method":"${'x'.repeat(25 * 1024 * 1024)}"}`)).status).toBe(413);
    const odd = {
      method: 'torrent-get',
      arguments: { fields: Array(100_000).fill('id'), ids: Array(100_000).fill(-1) },
    };
    expect(JSON.parse((await answer(JSON.stringify(odd))).text).result).toBe('success');
    const polluted = '{"method":"torrent-set","arguments":{"__proto__":{"labels":["x"]},"constructor":1}}';
    expect(JSON.parse((await answer(polluted)).text).result).toBe('success');
    expect((await ask(url, { path: `/${'a'.repeat(10_000)}%zz` })).status).toBeGreaterThanOrEqual(400);
    expect(await answer('{"method":"session-stats"}')).toMatchObject({ status: 200 });
  });
});

describe('somebody who may use the remote control', () => {
  it('reads no file, writes to no folder, and starts no program that is not allowed', async () => {
    const stage = await openStage();
    const { daemon, url } = await openDaemon(stage, { roots: stage.path('also') });
    await mkdir(stage.path('also'));
    const refused = async (method: string, args: object) => {
      const id = (await ask(url)).headers['x-transmission-session-id'] as string;
      const body = JSON.stringify({ method, arguments: args });
      const { text } = await ask(url, { headers: { 'X-Transmission-Session-Id': id }, body });
      return JSON.parse(text).result as string;
    };
    const metainfo = await base64Torrent(stage, 'a.bin');
    const file = stage.path('local.torrent');
    await writeFile(file, Buffer.from(metainfo, 'base64'));
    for (const filename of ['/etc/passwd', file, `file://${file}`, '../../etc/passwd'])
      expect(await refused('torrent-add', { filename }), filename).toBe('unrecognized info');
    for (const dir of ['/etc', stage.path('downloads/../elsewhere'), stage.path('downloads2'), '/']) {
      expect(await refused('torrent-add', { metainfo, 'download-dir': dir }), dir).toContain('not below');
      expect(await refused('session-set', { 'download-dir': dir }), dir).toContain('not below');
      expect(
        await refused('session-set', { 'incomplete-dir': dir, 'incomplete-dir-enabled': true }),
      ).toContain('not below');
      expect(await refused('free-space', { path: dir }), dir).toContain('not below');
    }
    expect(await refused('torrent-add', { metainfo, 'download-dir': 'relative' })).toBe(
      'download directory path is not absolute',
    );
    expect(await refused('torrent-add', { metainfo, 'download-dir': stage.path('also/deep') })).toBe(
      'success',
    );
    expect(await refused('torrent-set-location', { ids: [1], location: '/tmp', move: true })).toContain(
      'not below',
    );
    for (const when of ['added', 'done', 'done-seeding']) {
      const script = {
        [`script-torrent-${when}-filename`]: '/bin/sh',
        [`script-torrent-${when}-enabled`]: true,
      };
      expect(await refused('session-set', script)).toContain('rpc-scripts is off');
    }
    for (const name of ['../x', 'a/b', '..', '.', ''])
      expect(await refused('torrent-rename-path', { ids: [1], path: 'a.bin', name }), name).not.toBe(
        'success',
      );
    const session = await daemon.call('session-get');
    expect(session).toMatchObject({
      'download-dir': stage.path('downloads'),
      'script-torrent-done-enabled': false,
    });
  });

  it('does not make the daemon fetch what only the daemon reaches, nor trust a certificate that nobody vouches for', async () => {
    const stage = await openStage();
    const { daemon } = await openDaemon(stage);
    const server = createServer((_, response) => {
      response.writeHead(302, { Location: 'http://169.254.169.254/latest/meta-data' });
      response.end();
    }).listen(0, '127.0.0.1');
    stage.defer(() => server.close());
    await once(server, 'listening');
    const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (const filename of [here, 'http://169.254.169.254/', 'http://[fe80::1]/'])
      await expect(daemon.call('torrent-add', { filename }), filename).rejects.toThrow('only we can reach');
  });
});

it('no secret of a torrent is in the log, and a name in it is no line of its own', async () => {
  const stage = await openStage();
  const { daemon } = await openDaemon(stage);
  await writeSamples(stage.path('made'), { 'line\nbreak': 20_000 }, 1);
  const { bytes } = await createTorrent(stage.path('made', 'ok.bin').replace('ok.bin', 'line\nbreak'), {
    workers: 0,
    name: 'plain',
    announce: [['http://127.0.0.1:1/PASSKEYPASSKEYPASSKEYPASSKEY/announce?passkey=SECRETSECRET']],
  });
  await daemon.call('torrent-add', { metainfo: Buffer.from(bytes).toString('base64') });
  await daemon.call('torrent-reannounce', { ids: [1] });
  await daemon.stop();
  expect(daemon.log).not.toMatch(/PASSKEYPASSKEY|SECRETSECRET/);
  const state = await readFile(stage.path('state/daemon.journal'), 'utf8');
  expect(state).not.toContain('SECRETSECRET');
});
