import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createConnection, createServer as createTcpServer } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { HttpTracker, type HttpTrackerOptions } from '../../../../src/engine/discovery/http-tracker.js';
import { isMillraceError, type MillraceError } from '../../../../src/engine/errors.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { encode } from '../../../../src/engine/protocol/bencode.js';
import { fakeNames } from '../../../lib/fake-names.js';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.js';

const REQUEST = {
  infoHash: utf8('aaaaaaaaaaaaaaaaaaaa'),
  peerId: utf8('pppppppppppppppppppp'),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  key: 0,
};
const REPLY = Buffer.from(encode({ interval: 900, peers: Uint8Array.of(1, 2, 3, 4, 0, 80) }));

const open: { close(): unknown; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections?.();
  }
});

const listen = async (server: Server | ReturnType<typeof createTcpServer>, scheme = 'http') => {
  open.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const serve = (listener: RequestListener) => listen(createServer(listener));

/** The failure of an announce, after a look whether it tells the passkey. */
const failure = async (
  url: string,
  options: HttpTrackerOptions = {},
  signal?: AbortSignal,
): Promise<MillraceError> => {
  try {
    await new HttpTracker(options).announce(url, REQUEST, { signal });
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    expect(JSON.stringify([error.message, error.facts, String(error.cause)])).not.toContain('secret');
    return error;
  }
  throw new Error('did not fail');
};

describe('announce', () => {
  it('says what the tracker takes for our address, unless that is the proxy', async () => {
    const told: unknown[] = [];
    const onExternalHost = (...facts: unknown[]) => void told.push(facts);
    const body = encode({ interval: 900, peers: '', 'external ip': Uint8Array.of(9, 8, 7, 6) });
    const url = `${await serve((_, response) => void response.end(body))}/announce`;
    const connect = async ({ host, port }: PeerAddress) => createConnection({ host, port });
    for (const options of [{ connect }, {}]) {
      const tracker = new HttpTracker({ ...options, onExternalHost });
      await tracker.announce(url, REQUEST);
      tracker.close();
    }
    expect(told).toEqual([['9.8.7.6', '127.0.0.1']]);
  });

  it('asks with the escaped query and reads the reply', async () => {
    let asked: string | undefined;
    const base = await serve((request, response) => {
      asked = request.url;
      response.end(REPLY);
    });
    const reply = await new HttpTracker().announce(`${base}/announce?passkey=x`, {
      ...REQUEST,
      event: 'started',
    });
    expect(reply).toMatchObject({ intervalMs: 900_000, peers: [{ host: '1.2.3.4', port: 80 }] });
    expect(asked).toMatch(/^\/announce\?passkey=x&info_hash=a{20}&peer_id=p{20}&port=6881&.*event=started$/);
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['identity', (bytes: Buffer) => bytes],
  ] as const)('reads %s', async (encoding, compress) => {
    const base = await serve((_request, response) => {
      response.setHeader('Content-Encoding', encoding).end(compress(REPLY));
    });
    expect(await new HttpTracker().announce(base, REQUEST)).toMatchObject({ intervalMs: 900_000 });
  });

  it('follows redirects, relative ones too', async () => {
    const base = await serve((request, response) => {
      const hop = Number(/hop=(\d)/.exec(request.url!)?.[1] ?? 0);
      if (hop === 5) response.end(REPLY);
      else response.writeHead([301, 302, 303, 307, 308][hop], { Location: `/next?hop=${hop + 1}` }).end();
    });
    expect(await new HttpTracker().announce(`${base}/announce`, REQUEST)).toMatchObject({
      intervalMs: 900_000,
    });
  });

  it('a failure reason counts also with status 400', async () => {
    const base = await serve((_request, response) => {
      response.writeHead(400).end(Buffer.from(encode({ 'failure reason': 'unregistered' })));
    });
    expect(await failure(`${base}/secret/announce`)).toMatchObject({
      code: 'ERR_TRACKER_FAILURE',
      message: 'tracker refused: unregistered',
    });
  });
});

describe('scrape', () => {
  it('asks at the scrape URL', async () => {
    let asked: string | undefined;
    const base = await serve((request, response) => {
      asked = request.url;
      response.end(
        Buffer.from(
          encode({ files: { aaaaaaaaaaaaaaaaaaaa: { complete: 1, incomplete: 2, downloaded: 3 } } }),
        ),
      );
    });
    expect(await new HttpTracker().scrape(`${base}/announce`, [REQUEST.infoHash])).toEqual([
      { infoHash: '61'.repeat(20), seeders: 1, leechers: 2, completed: 3 },
    ]);
    expect(asked).toBe('/scrape?info_hash=aaaaaaaaaaaaaaaaaaaa');
  });

  it('is not to be had without announce in the path', async () => {
    await expect(new HttpTracker().scrape('http://t.example/x', [REQUEST.infoHash])).rejects.toMatchObject({
      code: 'ERR_TRACKER_URL',
    });
  });
});

describe('a tracker that misbehaves', () => {
  it.each([
    ['an HTML page', 200, {}, '<html>', /cannot be read/],
    ['status 503', 503, {}, 'busy', /status 503/],
    ['an announced giant', 200, { 'Content-Length': '2000000' }, 'x', /larger than 1048576 bytes/],
    ['an encoding that was not asked for', 200, { 'Content-Encoding': 'br' }, 'x', /encoding/],
    ['an encoding called constructor', 200, { 'Content-Encoding': 'constructor' }, 'x', /encoding/],
    ['broken gzip', 200, { 'Content-Encoding': 'gzip' }, 'x', /did not answer in HTTP: Z_/],
    ['a redirect to a file', 302, { Location: 'file:///etc/passwd' }, '', /scheme/],
    ['a redirect to nowhere', 302, { Location: 'http://' }, '', /scheme/],
  ])('%s', async (_name, status, headers, body, message) => {
    const base = await serve((_request, response) => {
      response.on('error', () => {});
      response.writeHead(status, headers);
      response.write(body);
      if (!('Content-Length' in headers)) response.end();
    });
    const error = await failure(`${base}/secret/announce`);
    expect(error.message).toMatch(message);
    expect(error.code).toMatch(/^ERR_TRACKER_(RESPONSE|URL)$/);
  });

  it('an endless body is cut at 1 MiB', async () => {
    let sent = 0;
    const base = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more).on('error', () => {});
      more();
    });
    expect(await failure(`${base}/secret`)).toMatchObject({
      code: 'ERR_TRACKER_RESPONSE',
      facts: { limit: 1_048_576 },
    });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('a gzip bomb is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const base = await serve((_request, response) => {
      response.setHeader('Content-Encoding', 'gzip').end(bomb);
    });
    expect(await failure(`${base}/secret`)).toMatchObject({
      code: 'ERR_TRACKER_RESPONSE',
      facts: { limit: 1_048_576 },
    });
  });

  it('a redirect loop ends', async () => {
    let asked = 0;
    const base = await serve((_request, response) => {
      asked++;
      response.writeHead(302, { Location: '/secret' }).end();
    });
    expect(await failure(`${base}/secret`)).toMatchObject({
      code: 'ERR_TRACKER_RESPONSE',
      facts: { limit: 5 },
    });
    expect(asked).toBe(6);
  });

  it('silence runs into the time-out', async () => {
    const base = await serve(() => {});
    expect(await failure(`${base}/secret`, { timeoutMs: 50 })).toMatchObject({ code: 'ERR_TRACKER_TIMEOUT' });
  });

  it('a body that never ends too', async () => {
    const base = await serve((_request, response) => void response.write('d'));
    expect(await failure(`${base}/secret`, { timeoutMs: 50 })).toMatchObject({ code: 'ERR_TRACKER_TIMEOUT' });
  });

  it('garbage instead of HTTP', async () => {
    const base = await listen(
      createTcpServer(socket => void socket.on('error', () => {}).end('garbage\r\n\r\n')),
    );
    expect(await failure(`${base}/secret`)).toMatchObject({ code: 'ERR_TRACKER_RESPONSE' });
  });

  it('nobody there', async () => {
    const server = createTcpServer();
    const base = await listen(server);
    await new Promise(resolve => server.close(resolve));
    expect(await failure(`${base}/secret`)).toMatchObject({
      code: 'ERR_TRACKER_UNREACHABLE',
      facts: { reason: 'ECONNREFUSED' },
    });
  });

  it('no such name', async () => {
    fakeNames({}); // where there is no name server it takes long to hear so
    expect(await failure('http://nowhere.invalid/secret')).toMatchObject({ code: 'ERR_TRACKER_UNREACHABLE' });
  });

  it('the caller gives up', async () => {
    const cut = new AbortController();
    const base = await serve(() => cut.abort());
    expect((await failure(`${base}/secret`, {}, cut.signal)).code).toBe('ERR_ABORTED');
    expect((await failure(`${base}/secret`, {}, cut.signal)).code).toBe('ERR_ABORTED');
  });

  it.each(['ftp://secret/', 'http://', 'secret', 'http://secret/\r\nX: y'])('URL %j', async url => {
    expect((await failure(url)).code).toBe('ERR_TRACKER_URL');
  });
});

describe('TLS', () => {
  const serveTls = () =>
    listen(
      createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (request, response) => {
        if (request.url?.startsWith('/down'))
          response.writeHead(302, { Location: 'http://127.0.0.1/secret' }).end();
        else response.end(REPLY);
      }),
      'https',
    );

  it('refuses a self-signed certificate', async () => {
    expect(await failure(`${await serveTls()}/secret`)).toMatchObject({
      code: 'ERR_TRACKER_UNREACHABLE',
      facts: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  it('takes it when it is the given authority', async () => {
    const tracker = new HttpTracker({ ca: TEST_CERTIFICATE });
    expect(await tracker.announce(await serveTls(), REQUEST)).toMatchObject({ intervalMs: 900_000 });
  });

  it('does not follow down to http', async () => {
    const error = await failure(`${await serveTls()}/down`, { ca: TEST_CERTIFICATE });
    expect(error.message).toMatch(/from https to http/);
  });
});
