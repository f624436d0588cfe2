// Clients that have a connection for each question, as the lecture's do, and BitTorrent clients that announce.
import { once } from 'node:events';
import { connect } from 'node:net';

const readBuffer = Buffer.alloc(64 * 1024);

/**
 * @typedef {'answered' | 'refused' | 'late'} Outcome
 *
 * @typedef {object} Clients
 * @property {(client: number) => Promise<unknown>} open what a client needs before it can ask
 * @property {(client: number, lateMs: number, done: (outcome: Outcome) => void) => void} ask one question; opens again
 *   when there is nothing open
 */

export class TcpClients {
  /** Connections that were opened, and have asked nothing yet. @type {Map<number, Connection>} */
  #open = new Map();

  /**
   * @param {{ host: string, port: number, sources: readonly (string | undefined)[] }} server
   * @param {readonly string[]} questions by client
   * @param {string} head what an answer begins with
   */
  constructor(server, questions, head) {
    this.server = server;
    this.questions = questions;
    this.head = head;
  }

  /** Resolves when the connection stands, or will not. */
  async open(client) {
    const connection = new Connection(this.server, client, this.head);
    this.#open.set(client, connection);
    await Promise.race([once(connection.socket, 'connect'), connection.closed]).catch(() => {});
  }

  ask(client, lateMs, done) {
    const connection = this.#open.get(client) ?? new Connection(this.server, client, this.head);
    this.#open.delete(client);
    const late = setTimeout(() => connection.giveUp(), lateMs);
    connection.closed.then(outcome => {
      clearTimeout(late);
      done(outcome);
    });
    connection.socket.write(this.questions[client]);
  }
}

/** Waits for the server to close: whoever closes first keeps the port for another minute (TIME_WAIT). */
class Connection {
  /** @type {Outcome} */
  #outcome = 'refused';

  constructor({ host, port, sources }, client, head) {
    this.socket = connect({
      host,
      port,
      localAddress: sources[client % sources.length],
      onread: {
        buffer: readBuffer,
        callback: bytes => {
          if (readBuffer.latin1Slice(0, Math.min(bytes, head.length)) === head) this.#outcome = 'answered';
          return true;
        },
      },
    });
    this.socket.on('error', () => {}); // nobody there, or broken off: refused
    /** @type {Promise<Outcome>} */
    this.closed = new Promise(resolve => this.socket.on('close', () => resolve(this.#outcome)));
  }

  giveUp() {
    this.#outcome = 'late';
    this.socket.destroy();
  }
}
