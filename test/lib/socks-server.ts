import net from 'node:net';
import type { PeerAddress } from '../../dist/index.js';
import type { Stage } from './stage.js';

/** RFC 1928, RFC 1929. */
const VERSION = 5;
const NO_AUTH = 0;
const USER_PASSWORD = 2;
const NONE_ACCEPTED = 0xff;
const GRANTED = 0;
const REFUSED = 5;

export interface SocksServerOptions {
  readonly user?: string;
  readonly password?: string;
  /** Names that it knows, each an address of this machine. */
  readonly names?: Readonly<Record<string, string>>;
  /** Sent in one piece with the answer to a request, as if the destination had spoken at once. */
  readonly greeting?: string;
  /** Where it listens. Defaults to 127.0.0.1. */
  readonly host?: string;
}

/** A small SOCKS5 proxy that connects anybody with anything, and remembers whom with what. */
export class SocksServer {
  /** What was asked for, names as they came. */
  readonly asked: string[] = [];
  /** Ports from which it has connected: who else comes has come around it. */
  readonly ports = new Set<number>();
  /** Names and passwords that were told. */
  readonly logins: string[] = [];
  /** Connections to the proxy. */
  readonly clients = new Set<net.Socket>();
  /** Says nothing to those who come from now on. */
  hold = false;
  readonly #options: SocksServerOptions;

  private constructor(
    readonly address: PeerAddress,
    options: SocksServerOptions,
  ) {
    this.#options = options;
  }

  static async open(stage: Stage, options: SocksServerOptions = {}): Promise<SocksServer> {
    let socks: SocksServer | undefined;
    const server = net.createServer(socket => {
      const { clients } = socks!;
      clients.add(socket);
      socket.once('close', () => clients.delete(socket));
      socket.on('error', () => {});
      if (socks!.hold) socket.resume();
      else void socks!.#serve(socket).catch(() => socket.destroy());
    });
    await new Promise<void>(resolve => server.listen(0, options.host ?? '127.0.0.1', resolve));
    stage.defer(() => {
      for (const socket of socks?.clients ?? []) socket.destroy();
      server.close();
    });
    const { address: host, port } = server.address() as net.AddressInfo;
    socks = new SocksServer({ host, port }, options);
    return socks;
  }

  async #serve(client: net.Socket): Promise<void> {
    const read = reader(client);
    const [, methods] = await read(2);
    const offered = await read(methods);
    const wanted = this.#options.user === undefined ? NO_AUTH : USER_PASSWORD;
    if (!offered.includes(wanted)) return void client.end(Buffer.of(VERSION, NONE_ACCEPTED));
    client.write(Buffer.of(VERSION, wanted));
    if (wanted === USER_PASSWORD && !(await this.#login(client, read))) return void client.end();
    const [, , , type] = await read(4);
    const host = await readHost(type, read);
    const port = (await read(2)).readUInt16BE();
    this.asked.push(`${host}:${port}`);
    const { names = {}, greeting = '' } = this.#options;
    const to = names[host] ?? host;
    const localAddress = to.includes(':') ? '::1' : '127.0.0.1';
    const target = net.connect({ host: to, port, localAddress });
    target.once('error', () => client.end(reply(REFUSED)));
    target.once('connect', () => {
      this.ports.add(target.localPort!);
      client.write(Buffer.concat([reply(GRANTED), Buffer.from(greeting, 'latin1')]));
      client.pipe(target).pipe(client);
      client.once('close', () => target.destroy());
      target.once('close', () => client.destroy());
    });
  }

  async #login(client: net.Socket, read: Read): Promise<boolean> {
    const [, userLength] = await read(2);
    const user = await read(userLength);
    const [passwordLength] = await read(1);
    const password = await read(passwordLength);
    this.logins.push(`${user} ${password}`);
    const fits = `${user}` === this.#options.user && `${password}` === this.#options.password;
    client.write(Buffer.of(1, fits ? 0 : 1));
    return fits;
  }
}

type Read = (bytes: number) => Promise<Buffer>;

/** Exactly so many bytes at a time; afterwards the socket is free to be piped. */
function reader(socket: net.Socket): Read {
  return async bytes => {
    for (;;) {
      const chunk = socket.read(bytes) as Buffer | null;
      if (chunk !== null) return chunk;
      if (socket.destroyed || socket.readableEnded) throw new Error('closed');
      await new Promise<void>(resolve => {
        socket.once('readable', resolve);
        socket.once('close', resolve);
      });
    }
  };
}

async function readHost(type: number, read: Read): Promise<string> {
  if (type === 1) return (await read(4)).join('.');
  if (type === 3) return `${await read((await read(1))[0])}`;
  const groups = await read(16);
  return Array.from({ length: 8 }, (_, i) => groups.readUInt16BE(2 * i).toString(16)).join(':');
}

function reply(code: number): Buffer {
  return Buffer.of(VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0);
}
