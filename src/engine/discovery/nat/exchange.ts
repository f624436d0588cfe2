import { createSocket } from 'node:dgram';
import type { PeerAddress } from '../../ids.js';
import { orAborted } from '../tracker-error.js';
import { noAnswer, toMappingError } from './errors.js';

/**
 * When a request is sent again, and when it is given up: 250 ms, doubled each time (RFC 6886, section 3.1), of which
 * the first three are waited for; the nine that the RFC allows are two minutes.
 */
const WAITS_MS = [250, 500, 1000];

/** Requests to choose from, each time that it is sent; made when our own address is known. */
export type Packets = (localAddress: string) => readonly Uint8Array[];

/**
 * Sends until there is an answer. The socket is connected, so that the system takes packets from nobody else, and tells
 * when nobody listens there.
 * @throws MillraceError ERR_PORT_MAPPING, ERR_ABORTED
 */
export function exchange<T>(
  to: PeerAddress,
  localAddress: string | undefined,
  packets: Packets,
  accept: (packet: Uint8Array) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  const answer = new Promise<T>((resolve, reject) => {
    socket.on('error', error => reject(toMappingError(error, to.host)));
    socket.on('message', packet => {
      const accepted = accept(packet);
      if (accepted !== undefined) resolve(accepted);
    });
    socket.bind({ address: localAddress, port: 0, exclusive: true }, () => {
      socket.connect(to.port, to.host, () => {
        const choice = packets(socket.address().address);
        const send = (turn: number) => {
          if (turn === WAITS_MS.length) return reject(noAnswer(to.host));
          socket.send(choice[turn % choice.length]);
          timer = setTimeout(send, WAITS_MS[turn], turn + 1);
        };
        send(0);
      });
    });
  });
  return orAborted(answer, signal).finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}
