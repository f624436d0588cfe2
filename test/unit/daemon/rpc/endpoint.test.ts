import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Door } from '../../../../src/daemon/http/door.js';
import { LoginLimit } from '../../../../src/daemon/http/login-limit.js';
import { RpcEndpoint } from '../../../../src/daemon/rpc/endpoint.js';

const HEADER = 'X-Transmission-Session-Id';
const door = new Door({
  credentials: undefined,
  limit: new LoginLimit(),
  hosts: [],
  origins: [],
  nowMs: () => 0,
});
let server: Server;
let endpoint: RpcEndpoint;
let url: string;

beforeEach(async () => {
  const methods = new Map([['session_get', () => ({ version: '1', text: 'x'.repeat(5000) })]]);
  endpoint = new RpcEndpoint({ door: () => door, methods, report: error => expect.fail(String(error)) });
  server = createServer((request, response) => void endpoint.handle(request, response));
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/transmission/rpc`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const post = (
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = { [HEADER]: endpoint.sessionId },
) => fetch(url, { method: 'POST', body, headers });

it('who does not know the session is told it, in a header and in the text, whatever the verb', async () => {
  for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
    const response = await fetch(url, { method, headers: { [HEADER]: 'old' } });
    expect(response.status).toBe(409);
    const id = response.headers.get(HEADER)!;
    expect(id).toMatch(/^[0-9A-Za-z]{48}$/);
    expect(await response.text()).toContain(`${HEADER}: ${id}`);
  }
});

it('answers POST alone, and tells the session each time', async () => {
  expect((await fetch(url, { headers: { [HEADER]: endpoint.sessionId } })).status).toBe(405);
  const response = await post('{"method":"session-get","tag":3}');
  expect([response.status, response.headers.get('content-type'), response.headers.get(HEADER)]).toEqual([
    ...[200, 'application/json; charset=UTF-8', endpoint.sessionId],
  ]);
  expect(await response.json()).toMatchObject({ result: 'success', arguments: { version: '1' }, tag: 3 });
});

it('speaks the dialect of the request', async () => {
  const ask = async (body: unknown) => (await post(JSON.stringify(body))).json();
  expect(await ask({ jsonrpc: '2.0', method: 'session_get', id: 1 })).toMatchObject({
    id: 1,
    result: { version: '1' },
  });
  expect(await ask({ jsonrpc: '1', method: 'session_get', id: 1 })).toMatchObject({
    error: { code: -32600 },
  });
  expect(await ask([{ jsonrpc: '2.0', method: 'session_get', id: 1 }])).toMatchObject([{ id: 1 }]);
  expect((await post('{"jsonrpc":"2.0","method":"session_get"}')).status).toBe(204);
});

it('packs what is long for those who can unpack', async () => {
  const headers = { [HEADER]: endpoint.sessionId };
  const body = '{"method":"session-get"}';
  const packed = await post(body, { ...headers, 'Accept-Encoding': 'deflate, gzip, br' });
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect((await packed.json()).arguments.text).toHaveLength(5000);
  expect(
    (await post(body, { ...headers, 'Accept-Encoding': 'identity' })).headers.get('content-encoding'),
  ).toBeNull();
});

it.each(['', '{', 'null', '5', '"x"', '\u0000'])('%j is answered with what is wrong', async body => {
  const response = await post(body);
  expect(response.status).toBe(200);
  expect((await response.json()).error.code).toBeLessThan(0);
});

it('a body without end is not read to its end', async () => {
  const response = await post(Buffer.alloc(26 * 1024 * 1024, 32)).catch(() => undefined);
  // the answer, or the connection closed under what is still being sent
  if (response !== undefined) expect(response.status).toBe(413);
  expect((await post('{"method":"session-get"}')).status).toBe(200);
});
