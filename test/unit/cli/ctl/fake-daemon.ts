import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RpcCall {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

type Answers = Readonly<Record<string, (args: RpcCall['arguments']) => object>>;

/** A daemon as its clients see it: the handshake, a password if it wants one, and answers by method. */
export class FakeDaemon {
  readonly calls: RpcCall[] = [];
  /** HTTP requests, and the connections that they came on. */
  requests = 0;
  connections = 0;
  /** What it tells in the header; changed, clients must ask again. */
  sessionId = 'first';
  readonly #server: Server;

  private constructor(answers: Answers, password: string | undefined) {
    this.#server = createServer(async (request, response) => {
      this.requests++;
      const { authorization } = request.headers;
      const wanted = password && `Basic ${Buffer.from(`millrace:${password}`).toString('base64')}`;
      const end = (status: number, body: string) =>
        response.writeHead(status, { 'X-Transmission-Session-Id': this.sessionId }).end(body);
      const body = await readAll(request);
      if (wanted !== undefined && authorization !== wanted) end(401, 'a password is needed');
      else if (request.headers['x-transmission-session-id'] !== this.sessionId) end(409, '<h1>409</h1>');
      else {
        const call = JSON.parse(body) as RpcCall;
        this.calls.push(call);
        const answer = answers[call.method];
        if (answer === undefined) end(200, '{"result":"method name not recognized","arguments":{}}');
        else end(200, JSON.stringify({ result: 'success', arguments: answer(call.arguments) }));
      }
    });
    this.#server.on('connection', () => this.connections++);
  }

  static async start(answers: Answers, { password }: { password?: string } = {}): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(answers, password);
    await new Promise<void>(resolve => daemon.#server.listen(0, '127.0.0.1', resolve));
    return daemon;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
