import { isIP } from 'node:net';

export class LocalNetworkRefused extends Error {
  constructor() {
    super('leads to an address that only we can reach');
  }
}

/** @throws LocalNetworkRefused when the host of a URL is such an address itself */
export function refuseLocalHost({ hostname }: URL, isLocal: (address: string) => boolean): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isLocal(host)) throw new LocalNetworkRefused();
}
