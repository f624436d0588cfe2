import http from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Envelope {
  readonly result: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly tag?: number;
}

export interface RawRequest {
  readonly verb?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The remote control by hand: what exactly is sent, and all that comes back. No client of somebody's is in between. */
export class RpcClient {
  #session = '';

  constructor(
    readonly origin: string,
    readonly user?: string,
  ) {}

  /** One request with these headers and no others, but for Host and the length. */
  raw({ verb = 'POST', path = '/transmission/rpc', headers = {}, body }: RawRequest): Promise<RawAnswer> {
    const { hostname, port } = new URL(this.origin);
    return new Promise((resolve, reject) => {
      const options = { method: verb, hostname, port, path, agent: false, headers };
      const request = http.request(options, response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => void chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0, headers: found } = response;
          resolve({ status: statusCode, headers: found, body: Buffer.concat(chunks) });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** As `raw`, with a session id that is asked for first. */
  async post(body: string, extra: Omit<RawRequest, 'body'> = {}): Promise<RawAnswer> {
    const headers: Record<string, string> = { ...extra.headers };
    if (this.user !== undefined)
      headers.Authorization ??= `Basic ${Buffer.from(this.user).toString('base64')}`;
    const send = () =>
      this.raw({ ...extra, body, headers: { ...headers, 'X-Transmission-Session-Id': this.#session } });
    const first = await send();
    if (first.status !== 409) return first;
    this.#session = String(first.headers['x-transmission-session-id']);
    return send();
  }

  /** Any JSON value, and the status with the parsed answer. */
  async send(request: unknown): Promise<{ status: number; json: unknown }> {
    const { status, body } = await this.post(JSON.stringify(request));
    const text = body.toString('utf8');
    return { status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  }

  /** The whole answer of the legacy dialect, whatever its result. */
  async legacy(request: object): Promise<Envelope> {
    const { json } = await this.send(request);
    return json as Envelope;
  }

  /** Arguments of the answer; rejects unless it is a success. */
  async call<T = Record<string, unknown>>(method: string, args?: object): Promise<T> {
    const { result, arguments: answer } = await this.legacy({ method, arguments: args });
    if (result !== 'success') throw new Error(`${method} ${JSON.stringify(args)}: ${result}`);
    return answer as T;
  }

  /** These fields of one torrent, by its hash or its number. */
  async torrent<T = Record<string, unknown>>(id: string | number, fields: readonly string[]): Promise<T> {
    const { torrents } = await this.call<{ torrents: T[] }>('torrent-get', { ids: [id], fields });
    if (torrents.length !== 1) throw new Error(`${torrents.length} torrents are ${id}`);
    return torrents[0];
  }
}
