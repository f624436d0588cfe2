import { createSocket, type Socket } from 'node:dgram';
import { latin1 } from '../../src/engine/bytes.js';
import type { PeerAddress } from '../../src/engine/ids.js';
import { decodeLsdAnnounce, encodeLsdAnnounces, LSD_GROUPS } from '../../src/engine/protocol/lsd.js';
import type { Stage } from './stage.js';

/** An announce as it came. */
export interface HeardAnnounce {
  readonly from: string;
  readonly port: number;
  readonly infoHashes: readonly string[];
  readonly cookie: string | undefined;
  /** As it was sent. */
  readonly text: string;
}

/** Hears all announces of local service discovery on the loopback interface, those of other programs too, and can make some. */
export class LsdSpy {
  readonly heard: HeardAnnounce[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('message', (packet, { address: from }) => {
      const announce = decodeLsdAnnounce(packet);
      if (announce === undefined) return;
      this.heard.push({ cookie: undefined, ...announce, from, text: latin1(packet) });
      for (const watch of this.#watchers) watch();
      this.#watchers.clear();
    });
  }

  static async open(stage: Stage): Promise<LsdSpy> {
    const { host, port } = LSD_GROUPS[4];
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    await new Promise<void>(resolve => socket.bind(port, resolve));
    stage.defer(() => void socket.close());
    socket.addMembership(host, '127.0.0.1');
    socket.setMulticastInterface('127.0.0.1');
    return new LsdSpy(socket);
  }

  of(infoHash: string): HeardAnnounce[] {
    return this.heard.filter(({ infoHashes }) => infoHashes.includes(infoHash));
  }

  /** Resolves when so many announces that fit have come, with all of them. */
  async announces(
    infoHash: string,
    count = 1,
    fits: (announce: HeardAnnounce) => boolean = () => true,
  ): Promise<HeardAnnounce[]> {
    for (;;) {
      const fitting = this.of(infoHash).filter(fits);
      if (fitting.length >= count) return fitting;
      await new Promise<void>(resolve => this.#watchers.add(resolve));
    }
  }

  /** Tells the group that somebody at 127.0.0.1 listens there for these torrents. */
  announce(port: PeerAddress['port'], ...infoHashes: string[]): void {
    const { host, port: groupPort } = LSD_GROUPS[4];
    for (const packet of encodeLsdAnnounces({ port, infoHashes, cookie: 'spy' }, 4))
      this.socket.send(packet, groupPort, host);
  }
}
