import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Blocklist } from '../../../../src/daemon/automation/blocklist.js';
import { BlocklistError } from '../../../../src/daemon/automation/blocklist-file.js';
import { DownloadError, type DownloadOptions, download } from '../../../../src/daemon/automation/download.js';
import { isLocalAddress } from '../../../../src/engine/policy/local-networks.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../../engine/discovery/test-certificate.js';

let dir: string;
let server: Server;
let answer: RequestListener;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-blocklist-'));
  server = createServer((request, response) => answer(request, response));
  await once(server.listen(0, '0.0.0.0'), 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

const url = (path: string, host = '127.0.0.1') =>
  `http://${host}:${(server.address() as AddressInfo).port}${path}`;
const path = () => join(dir, 'blocklist');
const VERSION = { version: '1.2.3' };

describe('a blocklist', () => {
  it('is that of its file, and stays when the next is broken', async () => {
    const list = new Blocklist();
    expect(list.ranges.size).toBe(0);
    writeFileSync(path(), '10.0.0.0/8\nbad\n');
    expect(await list.load(path())).toMatchObject({ lines: 2, badLines: 1 });
    const { ranges } = list;
    expect(ranges.has('10.1.1.1')).toBe(true);
    writeFileSync(path(), gzipSync('11.0.0.0/8').subarray(0, 20));
    await expect(list.load(path())).rejects.toThrow(BlocklistError);
    await expect(list.load(join(dir, 'none'))).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    expect(list.ranges).toBe(ranges);
    await list.clear();
    expect(list.ranges.size).toBe(0);
  });

  it('is fetched, and kept in a private file', async () => {
    const packed = gzipSync('10.0.0.0/8\n');
    answer = (request, response) => {
      expect(request.headers['user-agent']).toBe('millrace/1.2.3');
      response.end(packed);
    };
    const list = new Blocklist();
    expect(await list.update(url('/list.gz'), path(), VERSION)).toMatchObject({ lines: 1 });
    expect(list.ranges.has('10.1.1.1')).toBe(true);
    expect(readdirSync(dir)).toEqual(['blocklist']);
    expect(readFileSync(path())).toEqual(packed);
    if (process.platform !== 'win32') expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('and its file stay when what is fetched is broken', async () => {
    writeFileSync(path(), '10.0.0.0/8\n');
    const list = new Blocklist();
    const { ranges } = await list.load(path());
    const broken: [RequestListener, unknown][] = [
      [(_request, response) => response.end('<html>'), BlocklistError],
      [(_request, response) => response.writeHead(404).end('11.0.0.0/8'), DownloadError],
      [(_request, response) => response.end(gzipSync('11.0.0.0/8').subarray(0, 20)), BlocklistError],
      [(_request, response) => response.writeHead(200, { 'Content-Length': 100 }).end('11.0.0.0/8'), Error],
    ];
    for (const [listener, error] of broken) {
      answer = listener;
      await expect(list.update(url('/list'), path(), VERSION)).rejects.toThrow(error as typeof Error);
      expect(list.ranges).toBe(ranges);
      expect(readdirSync(dir)).toEqual(['blocklist']);
      expect(readFileSync(path(), 'utf8')).toBe('10.0.0.0/8\n');
    }
  });

  it('changes in the order of what was asked for', async () => {
    const list = new Blocklist();
    for (const octet of [1, 2, 3])
      writeFileSync(join(dir, `${octet}`), `${octet}.0.0.0/8\n`.repeat(octet === 3 ? 20_000 : 1)); // it takes longer
    const loads = [3, 1, 2].map(octet => list.load(join(dir, `${octet}`)));
    await Promise.all([...loads, list.load(join(dir, 'none')).catch(() => {})]);
    expect(list.ranges.has('2.0.0.0')).toBe(true);
  });
});

describe('a download', () => {
  const fetchTo = (from: string, options: Partial<DownloadOptions> = {}) =>
    download(from, path(), { ...VERSION, maxBytes: 1000, ...options });
  const redirect = (location: string): RequestListener => {
    return (_request, response) => response.writeHead(302, { Location: location }).end();
  };

  it('follows five redirects', async () => {
    answer = (request, response) => {
      const left = Number(request.url!.slice(1));
      if (left === 0) response.end('here');
      else response.writeHead(307, { Location: `/${left - 1}` }).end();
    };
    await fetchTo(url('/5'));
    expect(readFileSync(path(), 'utf8')).toBe('here');
    await expect(fetchTo(url('/6'))).rejects.toThrow('redirects more than 5 times');
  });

  it.each([
    ['with its length', { 'Content-Length': '1001' }],
    ['without', {}],
  ])('of too much %s is given up', async (_how, headers) => {
    answer = (_request, response) => response.writeHead(200, headers).end('x'.repeat(1001));
    await expect(fetchTo(url('/'))).rejects.toThrow(new DownloadError('has more than 1000 bytes'));
    expect(readdirSync(dir)).toEqual([]);
  });

  it('has a limit of time, and ends with the daemon', async () => {
    answer = (_request, response) => void response.writeHead(200).write('the begin');
    await expect(fetchTo(url('/'), { timeoutMs: 50 })).rejects.toThrow('is not here after 0.05 s');
    const ending = new AbortController();
    answer = (_request, response) => {
      response.writeHead(200).write('the begin');
      ending.abort();
    };
    await expect(fetchTo(url('/'), { signal: ending.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(fetchTo(url('/'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each(['ftp://h.example/k3y', 'file:///etc/k3y', 'k3y'])('of %j is refused unrepeated', async from => {
    await expect(fetchTo(from)).rejects.toThrow(/^the URL is not one of http or https$/);
    answer = redirect('ftp://h.example/k3y');
    await expect(fetchTo(url('/'))).rejects.toThrow(/^the URL is not one of http or https$/);
  });

  it('by TLS wants a certificate that is known, and is not sent on to http', async () => {
    const tls = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, redirect(url('/')));
    await once(tls.listen(0, '127.0.0.1'), 'listening');
    answer = (_request, response) => response.end('here');
    const from = `https://127.0.0.1:${(tls.address() as AddressInfo).port}/`;
    try {
      await expect(fetchTo(from)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      await expect(fetchTo(from, { ca: TEST_CERTIFICATE })).rejects.toThrow('redirects from https to http');
    } finally {
      tls.close();
    }
  });

  it('from the internet is not sent on to this machine', async () => {
    const isLocal = (address: string) => address !== '127.0.0.2';
    let asked = 0;
    for (const local of [url('/', '127.0.0.1'), url('/', 'localhost'), url('/', '[::ffff:127.0.0.1]')]) {
      answer = (request, response) => {
        asked++;
        redirect(local)(request, response);
      };
      await expect(fetchTo(url('/', '127.0.0.2'), { isLocal })).rejects.toThrow('only we can reach');
    }
    expect(asked).toBe(3);
    // from here it may
    answer = (request, response) =>
      request.url === '/' ? redirect('/there')(request, response) : response.end('x');
    await fetchTo(url('/', '127.0.0.1'), { isLocal });
  });
});

it('knows what is near', () => {
  for (const address of [
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '169.254.169.254',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    'fd00::1',
  ])
    expect(isLocalAddress(address), address).toBe(true);
  for (const address of ['1.1.1.1', '172.32.0.1', '2001:db8::1', 'name.example', ''])
    expect(isLocalAddress(address), address).toBe(false);
});
