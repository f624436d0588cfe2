import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { CliError } from '../failure.js';

/** A client that may come from another site must show that it has read an answer: the daemon tells this with 409. */
const SESSION_HEADER = 'x-transmission-session-id';
/** Moving and removing data are answered when they have begun, adding a URL when it has been fetched. */
const SILENCE_MS = 60_000;
/** All there is to tell of 10,000 torrents is some 30 MB. */
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
/** Of what a stranger says, as much as an error line bears. */
const MAX_WORDS = 200;

export interface RpcClientOptions {
  readonly url: URL;
  readonly user: string;
  /** Undefined: none is sent. */
  readonly password: string | undefined;
  readonly signal?: AbortSignal;
}

export type RpcObject = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly sessionId: string | undefined;
  readonly body: string;
}

/** Calls of the Transmission RPC in its older dialect, which every daemon of the kind understands, on one connection. */
export class RpcClient {
  readonly #options: RpcClientOptions;
  readonly #agent: Agent;
  #sessionId = '';

  constructor(options: RpcClientOptions) {
    this.#options = options;
    const keep = { keepAlive: true, maxSockets: 1 };
    this.#agent = options.url.protocol === 'https:' ? new TlsAgent(keep) : new Agent(keep);
  }

  /** @throws CliError that says what to do about it */
  async call(method: string, args: object = {}): Promise<RpcObject> {
    const body = JSON.stringify({ method, arguments: args });
    let answer = await this.#post(body);
    if (answer.status === 409 && answer.sessionId !== undefined) {
      this.#sessionId = answer.sessionId;
      answer = await this.#post(body);
    }
    if (answer.status !== 200) throw this.#refused(answer);
    const { result, arguments: facts } = this.#parse(answer.body);
    if (result !== 'success') throw new CliError('ERPC', `the daemon says: ${result}`);
    return isObject(facts) ? facts : {};
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: string): Promise<Answer> {
    const { url, user, password, signal } = this.#options;
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      [SESSION_HEADER]: this.#sessionId,
    };
    if (password !== undefined)
      headers.Authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? requestHttps : requestHttp;
      const options = { method: 'POST', agent: this.#agent, headers, timeout: SILENCE_MS, signal };
      const request = send(url, options, response => {
        readBody(response).then(
          text => resolve({ status: response.statusCode ?? 0, sessionId: sessionIdOf(response), body: text }),
          fail,
        );
      });
      const fail = (error: NodeJS.ErrnoException) =>
        reject(error instanceof CliError ? error : this.#unreachable(error));
      request.on('timeout', () =>
        request.destroy(new CliError('ETIMEDOUT', `no answer from ${url} for ${SILENCE_MS / 1000} s`)),
      );
      request.on('error', fail);
      request.end(body);
    });
  }

  #parse(body: string): RpcObject {
    let answer: unknown;
    try {
      answer = JSON.parse(body);
    } catch {
      throw this.#stranger();
    }
    if (!isObject(answer) || typeof answer.result !== 'string') throw this.#stranger();
    return answer;
  }

  #refused({ status, body }: Answer): CliError {
    const { url, user, password } = this.#options;
    const words = body.startsWith('<') ? '' : body.trim().slice(0, MAX_WORDS);
    if (status === 401)
      return new CliError(
        'EAUTH',
        password === undefined
          ? `the daemon at ${url} wants a password: set MILLRACE_RPC_PASSWORD, or name a file with --password-file`
          : `the daemon at ${url} does not accept this password of user '${user}'`,
      );
    if (status === 403 || status === 421)
      return new CliError('EACCES', `the daemon at ${url} does not let us in: ${words || `HTTP ${status}`}`);
    if (status === 503)
      return new CliError('EAGAIN', `the daemon at ${url} is not ready: ${words || 'try again later'}`);
    if (status === 413) return new CliError('E2BIG', `the daemon at ${url} does not read so much at once`);
    return this.#stranger(`HTTP ${status}`);
  }

  #stranger(what = 'its answer is none of the Transmission RPC'): CliError {
    return new CliError('EPROTO', `what answers at ${this.#options.url} is no daemon of this kind (${what})`);
  }

  #unreachable({ code, message }: NodeJS.ErrnoException): CliError {
    const { url } = this.#options;
    if (code === 'ECONNREFUSED')
      return new CliError(
        code,
        `nobody listens at ${url}: is the daemon running? Another address is told by --rpc`,
      );
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      return new CliError(code, `${url.hostname} is not known by that name`);
    if (code?.startsWith('HPE_')) return this.#stranger('it does not speak HTTP');
    // a server that hangs up on us speaks something else, or has just ended
    return new CliError(code ?? 'ERPC', `${url}: ${message}`);
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES)
      throw new CliError('E2BIG', `the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sessionIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers[SESSION_HEADER];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function isObject(value: unknown): value is RpcObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
