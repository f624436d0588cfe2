// A client of the Transmission RPC that costs little itself: requests are made once, answers are counted by their length.
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** One connection that is kept; one request at a time. */
export class RpcConnection {
  #socket;
  #url;
  #session = '';
  #chunks = [];
  #bytes = 0;
  /** Bytes that the answer under way will have; undefined until its head is here. */
  #whole;
  #waiting;

  /** @param {string} url */
  constructor(url) {
    this.#url = new URL(url);
    this.#open();
  }

  #open() {
    const { hostname: host, port } = this.#url;
    const socket = connect({ host, port: Number(port), noDelay: true });
    this.#socket = socket;
    const fail = error => {
      if (socket === this.#socket) this.#waiting?.reject(error);
    };
    socket.on('data', chunk => this.#take(chunk));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the daemon has closed the connection')));
  }

  /** @param {string} method @param {object} [args] @returns {Promise<any>} */
  async call(method, args = {}) {
    const body = JSON.stringify({ method, arguments: args });
    const answer = JSON.parse((await this.send(this.request(body), body)).toString('utf8'));
    if (answer.result !== 'success') throw new Error(`${method}: ${answer.result}`);
    return answer.arguments;
  }

  /** Bytes of a request, to be sent as often as one likes. @param {string} body */
  request(body) {
    const { host, pathname } = this.#url;
    return Buffer.from(
      `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nX-Transmission-Session-Id: ${this.#session}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  /** @param {Buffer} request @param {string} [body] to ask again with the session that a refusal tells */
  async send(request, body) {
    const answer = await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
    const headEnd = answer.indexOf(HEAD_END);
    const head = answer.toString('latin1', 0, headEnd);
    const status = Number(head.slice(9, 12));
    if (status === 409 && body !== undefined) {
      this.#session = /^X-Transmission-Session-Id: (\S+)/im.exec(head)?.[1] ?? '';
      // whoever refuses need not read the body, and closes then
      this.#socket.destroy();
      this.#open();
      return this.send(this.request(body));
    }
    if (status !== 200)
      throw new Error(`HTTP ${status}: ${answer.toString('utf8', headEnd + 4).slice(0, 200)}`);
    return answer.subarray(headEnd + HEAD_END.length);
  }

  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#whole === undefined) {
      if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
      const headEnd = this.#chunks[0].indexOf(HEAD_END);
      if (headEnd < 0) return;
      const length = /^Content-Length: (\d+)/im.exec(this.#chunks[0].toString('latin1', 0, headEnd))?.[1];
      if (length === undefined) throw new Error('an answer without its length');
      this.#whole = headEnd + HEAD_END.length + Number(length);
    }
    if (this.#bytes < this.#whole) return;
    const answer = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    this.#whole = undefined;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve(answer);
  }
}
