// Clients that announce over UDP: each gets a connection id first, and keeps it.
import { createSocket } from 'node:dgram';
import { encodeAnnounce, encodeConnect, UDP_ACTION } from '../../dist/engine/protocol/tracker/udp.js';
import { announceOf } from './announce.mjs';

/** Clients that share a socket: it makes no difference to the tracker. */
const CLIENTS_PER_SOCKET = 50;

/** Longer than any answer takes while nobody else is asking. */
const OPEN_MS = 1000;

/** Clients of one tracker; see `Clients` of tcp-clients.mjs. */
export class UdpClients {
  #sockets = [];
  /** @type {Map<number, Buffer>} */
  #connectionIds = new Map();
  /** Who waits for the answer to each transaction. @type {Map<number, (answer?: Buffer) => void>} */
  #waiting = new Map();
  #lastTransaction = 0;

  /** @param {{ host: string, port: number }} server @param {number} clients */
  constructor(server, clients) {
    this.server = server;
    for (let i = 0; i < clients / CLIENTS_PER_SOCKET; i++) {
      const socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) });
      socket.on('message', answer => this.#waiting.get(answer.readUInt32BE(4))?.(answer));
      socket.on('error', () => {}); // the question will be late
      this.#sockets.push(socket);
    }
    this.requests = Array.from({ length: clients }, (_, client) => announceOf(client));
  }

  async open(client) {
    const answer = await new Promise(done => this.#exchange(client, encodeConnect, OPEN_MS, done));
    if (answer !== undefined) this.#connectionIds.set(client, answer.subarray(8, 16));
  }

  ask(client, lateMs, done) {
    const connectionId = this.#connectionIds.get(client);
    if (connectionId === undefined) {
      this.open(client).then(() =>
        this.#connectionIds.has(client) ? this.ask(client, lateMs, done) : done('late'),
      );
      return;
    }
    const encode = id => encodeAnnounce(connectionId, id, this.requests[client]);
    this.#exchange(client, encode, lateMs, answer => {
      if (answer === undefined) done('late');
      else done(answer.readUInt32BE(0) === UDP_ACTION.announce ? 'answered' : 'refused');
    });
  }

  /** `done` gets no answer when it is late. */
  #exchange(client, encode, lateMs, done) {
    const transaction = ++this.#lastTransaction;
    const settle = answer => {
      clearTimeout(late);
      this.#waiting.delete(transaction);
      done(answer);
    };
    const late = setTimeout(settle, lateMs);
    this.#waiting.set(transaction, settle);
    this.#sockets[client % this.#sockets.length].send(
      encode(transaction),
      this.server.port,
      this.server.host,
      () => {},
    );
  }
}
