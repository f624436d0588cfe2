import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import {
  Webhook,
  type WebhookEvent,
  type WebhookOptions,
} from '../../../../src/daemon/automation/webhook.js';

const EVENT: WebhookEvent = {
  event: 'done',
  id: 3,
  name: 'a "film"\n',
  hash: 'ab'.repeat(20),
  dir: '/films',
  labels: ['x'],
  size: 5,
  ratio: 1.5,
  at: '2026-11-23T01:02:03.000Z',
};

let server: Server | undefined;
let webhook: Webhook | undefined;
afterEach(async () => {
  await webhook?.close();
  server?.closeAllConnections();
  server?.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** @returns its URL */
async function serve(answer: Answer): Promise<string> {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    answer(request, response, body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

function start(url: string | undefined, options: Partial<WebhookOptions> = {}) {
  const tell = vi.fn<WebhookOptions['tell']>();
  webhook = new Webhook({ url: () => url, version: '1.2.3', tell, backoffMs: [1, 1], ...options });
  return { webhook, tell };
}

const answerAll = (status: number, headers: Record<string, string> = {}) =>
  vi.fn<Answer>((_request, response) => response.writeHead(status, headers).end());
const told = (tell: ReturnType<typeof vi.fn>, times = 1) =>
  vi.waitFor(() => expect(tell).toHaveBeenCalledTimes(times), 10_000);

it('posts a JSON object', async () => {
  const answer = answerAll(204);
  start(`${await serve(answer)}?key=1`).webhook.send(EVENT);
  await told(answer);
  const [request, , body] = answer.mock.calls[0];
  expect([request.method, request.url]).toEqual(['POST', '/hook?key=1']);
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'millrace/1.2.3',
  });
  expect(JSON.parse(body)).toEqual(EVENT);
});

it('tries three times where it may go better later', async () => {
  const answer = answerAll(503);
  const { webhook, tell } = start(await serve(answer));
  webhook.send(EVENT);
  await told(tell);
  expect(tell).toHaveBeenCalledWith(EVENT, 'status 503');
  expect(answer).toHaveBeenCalledTimes(3);
});

it('is content with a later try', async () => {
  let tries = 0;
  const answer = vi.fn<Answer>((request, response) => {
    if (++tries === 1) request.socket.destroy();
    else response.writeHead(tries === 2 ? 429 : 200).end();
  });
  const { webhook, tell } = start(await serve(answer));
  webhook.send(EVENT);
  await told(answer, 3);
  webhook.send({ ...EVENT, id: 4 });
  await told(answer, 4);
  expect(tell).not.toHaveBeenCalled();
});

it.each([
  [404, 'status 404'],
  [302, 'redirects (302) are not followed'],
  [307, 'redirects (307) are not followed'],
])('gives up at once on status %i', async (status, reason) => {
  const answer = answerAll(status, { Location: '/other' });
  const { webhook, tell } = start(await serve(answer));
  webhook.send(EVENT);
  await told(tell);
  expect(tell).toHaveBeenCalledWith(EVENT, reason);
  expect(answer).toHaveBeenCalledTimes(1);
});

it.each(['ftp://h.example/t0ken', 'no URL t0ken', 'file:///etc/t0ken'])(
  '%j is refused unrepeated',
  async url => {
    const { webhook, tell } = start(url);
    webhook.send(EVENT);
    await told(tell);
    expect(tell.mock.calls[0][1]).toBe('the URL is not one of http or https');
  },
);

it('does not wait for a server that says nothing', async () => {
  const answer = vi.fn<Answer>(() => {});
  const { webhook, tell } = start(await serve(answer), { timeoutMs: 30 });
  webhook.send(EVENT);
  await told(tell);
  expect(tell).toHaveBeenCalledWith(EVENT, 'no answer within 0.03 s');
  expect(answer.mock.calls.length).toBeLessThanOrEqual(3);
});

it('has four under way at most, and a thousand waiting: the oldest of those are dropped', async () => {
  const waiting: ServerResponse[] = [];
  const got: number[] = [];
  let open = 0;
  let most = 0;
  const answer: Answer = (_request, response, body) => {
    got.push(JSON.parse(body).id);
    most = Math.max(most, ++open);
    waiting.push(response);
  };
  const { webhook, tell } = start(await serve(answer));
  for (let id = 0; id < 1010; id++) webhook.send({ ...EVENT, id });
  expect(tell.mock.calls.map(([{ id }, reason]) => `${id} ${reason}`)).toEqual(
    [4, 5, 6, 7, 8, 9].map(id => `${id} too many others wait`),
  );
  await vi.waitFor(() => expect(waiting).toHaveLength(4), 10_000);
  const answering = setInterval(() => {
    for (const response of waiting.splice(0)) {
      open--;
      response.end();
    }
  }, 1);
  await vi.waitFor(() => expect(got).toHaveLength(1004), 20_000);
  clearInterval(answering);
  expect(most).toBe(4);
  expect(new Set(got).size).toBe(1004);
});

it('tells nobody without a URL, and none when it is closed', async () => {
  const { webhook: none, tell } = start(undefined);
  none.send(EVENT);
  const answer = vi.fn<Answer>(() => {});
  const { webhook } = start(await serve(answer), { backoffMs: [60_000, 60_000] });
  for (let id = 0; id < 10; id++) webhook.send({ ...EVENT, id });
  await told(answer, 4);
  await webhook.close();
  webhook.send(EVENT);
  expect(answer).toHaveBeenCalledTimes(4);
  expect(tell).not.toHaveBeenCalled();
});

it('waits for no later try when it is closed', async () => {
  const answer = answerAll(500);
  const { webhook, tell } = start(await serve(answer), { backoffMs: [3_600_000] });
  webhook.send(EVENT);
  await told(answer);
  await webhook.close();
  expect(tell).not.toHaveBeenCalled();
});
