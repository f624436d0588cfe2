import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { PeerAddress } from '../ids.js';

/** A resolver that does not answer keeps nobody waiting for longer: two tries of 5 s, the default of resolv.conf(5). */
const LOOKUP_TIMEOUT_MS = 10_000;

/** All addresses of a node that is named, of both families. @throws the system's error, or one of the time-out */
export async function addressesOf({ host, port }: PeerAddress): Promise<PeerAddress[]> {
  if (isIP(host) !== 0) return [{ host, port }];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const give = () => reject(new Error(`${host} was not resolved within ${LOOKUP_TIMEOUT_MS / 1000} s`));
    timer = setTimeout(give, LOOKUP_TIMEOUT_MS).unref();
  });
  try {
    const found = await Promise.race([lookup(host, { all: true }), late]);
    return found.map(({ address }) => ({ host: address, port }));
  } finally {
    clearTimeout(timer);
  }
}
