import { createSocket } from 'node:dgram';
import { isLocalAddress } from '../../policy/local-networks.js';
import { ANSWER_WITHIN_S, GATEWAY_TARGETS, locationIn, searchMessage } from '../../protocol/nat/ssdp.js';
import { orAborted } from '../tracker-error.js';
import type { Neighbourhood } from './gateway.js';

/** A search is sent twice, as packets are lost; each waits as long as devices may take, and half a second. */
const SEARCHES = 2;
const WAIT_MS = ANSWER_WITHIN_S * 1000 + 500;

/** Routers that are looked at; homes have one. */
const MAX_ROUTERS = 4;

/** Longest answer that is read; they have some 300 bytes. */
const MAX_ANSWER_BYTES = 2048;

/** UPnP Device Architecture 2.0, section 1.3.2: the default. */
const MULTICAST_TTL = 2;

/**
 * Descriptions of routers that answer, each on the host that answered: what a device says of another host is not looked
 * at, so that nobody has us send requests where he cannot. Once the router of our default route has answered, nobody
 * else is waited for. Empty when there is none. @throws MillraceError ERR_ABORTED
 */
export function searchRouters(where: Neighbourhood, signal: AbortSignal): Promise<URL[]> {
  const found = new Map<string, URL>();
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  const searched = new Promise<URL[]>(resolve => {
    const done = () => resolve([...found.values()]);
    socket.on('error', done);
    socket.on('message', (answer, from) => {
      if (answer.length > MAX_ANSWER_BYTES || !isLocalAddress(from.address)) return;
      const url = descriptionUrl(answer.toString('latin1'), from.address);
      if (url === undefined) return;
      found.set(url.href, url);
      if (from.address === where.gateway || found.size === MAX_ROUTERS) done();
    });
    socket.bind({ address: where.localAddress, port: 0, exclusive: true }, () => {
      try {
        socket.setMulticastInterface(where.localAddress);
        socket.setMulticastTTL(MULTICAST_TTL);
      } catch {
        return done(); // the interface is gone, or cannot do that
      }
      const search = (turn: number) => {
        if (turn === SEARCHES) return done();
        for (const target of GATEWAY_TARGETS)
          socket.send(searchMessage(target), where.ssdp.port, where.ssdp.host, () => {});
        timer = setTimeout(search, WAIT_MS, turn + 1);
      };
      search(0);
    });
  });
  return orAborted(searched, signal).finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

function descriptionUrl(answer: string, host: string): URL | undefined {
  const location = locationIn(answer);
  return location === undefined ? undefined : urlOn(location, host);
}

/** The URL if it is one of HTTP on that very host. */
export function urlOn(url: string, host: string, base?: URL): URL | undefined {
  if (!URL.canParse(url, base?.href)) return undefined;
  const parsed = new URL(url, base);
  return parsed.protocol === 'http:' && parsed.hostname === host ? parsed : undefined;
}
