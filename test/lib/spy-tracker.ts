import { createSocket, type Socket } from 'node:dgram';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encode } from '../../src/engine/protocol/bencode.js';
import type { Stage } from './stage.js';

/** An announce as a tracker sees it. */
export interface SeenAnnounce {
  readonly from: string;
  /** What the query says. */
  readonly query: URLSearchParams;
}

/** An HTTP tracker that knows nobody and remembers who asked. */
export class SpyTracker {
  readonly seen: SeenAnnounce[] = [];
  readonly #watchers = new Set<() => void>();
  /** Somebody went without an answer. */
  readonly left: Promise<void>;
  #held: (() => void)[] | undefined;
  #leave = () => {};

  private constructor(readonly port: number) {
    this.left = new Promise(resolve => {
      this.#leave = resolve;
    });
  }

  static async open(stage: Stage, { host = '127.0.0.1', intervalSeconds = 1800 } = {}): Promise<SpyTracker> {
    const reply = Buffer.from(encode({ interval: intervalSeconds, peers: new Uint8Array() }));
    let spy: SpyTracker | undefined;
    const server = createServer((request, response) => {
      spy!.#record(request);
      response.once('close', () => response.writableEnded || spy!.#leave());
      spy!.#answer(() => response.end(reply));
    });
    await new Promise<void>(resolve => server.listen(0, host, resolve));
    stage.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    spy = new SpyTracker((server.address() as AddressInfo).port);
    return spy;
  }

  url(host = '127.0.0.1'): string {
    return `http://${host}:${this.port}/announce`;
  }

  /** Answers nobody until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) answer();
  }

  /** Resolves when so many announces that fit have come, with all of them. */
  async announces(
    count: number,
    fits: (announce: SeenAnnounce) => boolean = () => true,
  ): Promise<SeenAnnounce[]> {
    for (;;) {
      const fitting = this.seen.filter(fits);
      if (fitting.length >= count) return fitting;
      await new Promise<void>(resolve => this.#watchers.add(resolve));
    }
  }

  #answer(answer: () => void): void {
    if (this.#held === undefined) answer();
    else this.#held.push(answer);
  }

  #record({ url, socket }: IncomingMessage): void {
    this.seen.push({ from: socket.remoteAddress!, query: new URL(url!, 'http://tracker').searchParams });
    for (const watch of this.#watchers) watch();
    this.#watchers.clear();
  }
}

/** A UDP port at which something is to arrive. */
export async function openUdpPort(
  stage: Stage,
): Promise<{ readonly port: number; readonly from: Promise<string> }> {
  const socket: Socket = createSocket('udp4');
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  stage.defer(() => void socket.close());
  const from = new Promise<string>(resolve => socket.once('message', (_, { address }) => resolve(address)));
  return { port: socket.address().port, from };
}
