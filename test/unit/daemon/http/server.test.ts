import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HttpServer } from '../../../../src/daemon/http/server.js';

let server: HttpServer;
let reported: unknown[];
let port: number;
let url: string;
beforeEach(async () => {
  reported = [];
  server = new HttpServer({ host: '127.0.0.1', port: 0, report: error => reported.push(error) });
  server.route('/hello', (request, response) => {
    response.end(`${request.method} hello`);
  });
  server.route('/fails', () => {
    throw new Error('a secret of the inside');
  });
  server.route('/fails/later', async (_, response) => {
    response.write('half');
    throw new Error('too late');
  });
  server.route('/gone', () => {
    throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
  });
  ({ port } = await server.listen());
  url = `http://127.0.0.1:${port}`;
});
afterEach(() => server.close());

const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(url + path, init);
  return [response.status, await response.text()];
};

it('answers all verbs of a path, with a slash at its end or a question, and nothing else', async () => {
  expect(await get('/hello')).toEqual([200, 'GET hello']);
  expect(await get('/hello/?a=b', { method: 'POST', body: 'x' })).toEqual([200, 'POST hello']);
  expect(await get('/other')).toEqual([404, 'nothing is here\n']);
  expect((await get('/hello/more'))[0]).toBe(404);
  expect((await get('/HELLO'))[0]).toBe(404);
});

it('a malformed URL is answered', async () => {
  expect(await get('/hello%zz')).toEqual([400, 'the URL is malformed\n']);
});

it('what is wrong inside is reported, and its client is told no more than that', async () => {
  expect(await get('/fails')).toEqual([500, 'internal error\n']);
  expect(reported).toEqual([expect.objectContaining({ message: 'a secret of the inside' })]);
});

it('an answer that was begun is cut off, not completed', async () => {
  await expect(get('/fails/later')).rejects.toThrow();
  expect(reported).toHaveLength(1);
});

it('that a client has gone is no failure', async () => {
  await get('/gone');
  expect(reported).toEqual([]);
});

it('a port that somebody else has, and an address that is not ours, are told apart', async () => {
  const other = (host: string, at: number) => new HttpServer({ host, port: at, report: () => {} }).listen();
  await expect(other('127.0.0.1', port)).rejects.toMatchObject({ code: 'ERR_NET_ADDRESS_IN_USE' });
  await expect(other('192.0.2.1', 0)).rejects.toMatchObject({ code: 'ERR_NET_ADDRESS' });
});

it('ends with connections that wait, and lets what is being answered end first', async () => {
  let answer = () => {};
  const begun = new Promise<void>(resolve => {
    server.route('/slow', async (_, response) => {
      resolve();
      await new Promise<void>(done => {
        answer = done;
      });
      response.end('done');
    });
  });
  const idle = connect(port, '127.0.0.1');
  await new Promise<void>(done => idle.on('connect', done));
  const slow = get('/slow');
  await begun;
  const closing = server.close();
  answer();
  expect(await slow).toEqual([200, 'done']);
  idle.on('error', () => {});
  await closing;
  await expect(get('/hello')).rejects.toThrow();
});
