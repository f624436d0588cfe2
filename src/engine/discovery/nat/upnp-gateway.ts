import { formatIp, parseIp } from '../../protocol/compact.js';
import type { MappingRequest } from '../../protocol/nat/mapping.js';
import { soapAction } from '../../protocol/nat/soap.js';
import { aborted, badAnswer, noAnswer, refused } from './errors.js';
import type { Gateway, Neighbourhood, PortMapping } from './gateway.js';
import { askRouter } from './http.js';
import { searchRouters, urlOn } from './search.js';
import { type Leaf, leavesOf, textOf } from './xml.js';

/** Services that map ports, the best first (WANIPConnection:1 and :2, WANPPPConnection:1). */
const SERVICES = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  name => `urn:schemas-upnp-org:service:${name}`,
);

/** Errors of WANIPConnection:2, section 2.5 and tables of its actions. */
const ERRORS = { noSuchEntry: 714, conflict: 718, onlyPermanent: 725, otherMechanism: 729 } as const;

/** Connections of one device that are looked at; routers have one for each kind of line. */
const MAX_SERVICES = 8;

/** External ports that are tried, one after the other, while others have them. */
const PORTS_TRIED = 8;

interface Service {
  readonly type: string;
  readonly url: URL;
}

/** Routers that speak UPnP and have an address to the outside. */
export async function* findUpnp(
  where: Neighbourhood,
  signal: AbortSignal,
): AsyncGenerator<Gateway, void, undefined> {
  const urls = await searchRouters(where, signal);
  // The router of our default route first: what else answers may be anybody, and has us wait.
  urls.sort((a, b) => Number(b.hostname === where.gateway) - Number(a.hostname === where.gateway));
  for (const url of urls) {
    const gateway = await openGateway(url, where.localAddress, signal).catch(() => undefined);
    if (signal.aborted) throw aborted();
    if (gateway !== undefined) yield gateway;
  }
}

/** The first connection of the router that is up: there may be one for each kind of line. */
async function openGateway(url: URL, localAddress: string, signal: AbortSignal): Promise<Gateway> {
  const { status, text } = await askRouter(url, localAddress, undefined, signal);
  if (status !== 200) throw badAnswer(url.hostname, `HTTP ${status}`);
  for (const service of servicesIn(text, url)) {
    const gateway = new UpnpGateway(service, localAddress);
    const address = await gateway.externalAddress(signal).catch(() => undefined);
    if (address !== undefined) return gateway;
  }
  throw noAnswer(url.hostname);
}

/** Those that map ports, on the same host as the description. Of URLBase as well (UPnP 1.0). */
export function servicesIn(description: string, from: URL): Service[] {
  const leaves = leavesOf(description);
  const base = urlOn(textOf(leaves, 'urlbase') || from.href, from.hostname) ?? from;
  const services = leaves
    .filter(({ name, text }) => name === 'servicetype' && SERVICES.includes(text))
    .flatMap(({ text: type, parent }) => {
      const control = leaves.find(leaf => leaf.name === 'controlurl' && leaf.parent === parent)?.text;
      const url = control === undefined ? undefined : urlOn(control, from.hostname, base);
      return url === undefined ? [] : [{ type, url }];
    });
  services.sort((a, b) => SERVICES.indexOf(a.type) - SERVICES.indexOf(b.type));
  return services.slice(0, MAX_SERVICES);
}

class UpnpGateway implements Gateway {
  readonly protocol = 'upnp';

  constructor(
    readonly service: Service,
    readonly localAddress: string,
  ) {}

  get address(): string {
    return this.service.url.hostname;
  }

  /** Undefined while the line is down. */
  async externalAddress(signal: AbortSignal): Promise<string | undefined> {
    const { leaves } = await this.#act('GetExternalIPAddress', {}, signal);
    const address = parseIp(textOf(leaves, 'newexternalipaddress') ?? '');
    return address?.some(byte => byte !== 0) ? formatIp(address) : undefined;
  }

  async map(wanted: MappingRequest, signal: AbortSignal): Promise<PortMapping> {
    let { externalPort, lifetimeS } = wanted;
    for (let tries = 1; ; ) {
      const error = await this.#add({ ...wanted, externalPort, lifetimeS }, signal);
      if (error === 0) break;
      const isTaken = error === ERRORS.conflict || error === ERRORS.otherMechanism;
      if (error === ERRORS.onlyPermanent && lifetimeS > 0) lifetimeS = 0;
      else if (isTaken && tries++ < PORTS_TRIED && externalPort < 0xffff) externalPort++;
      else throw refused(this.address, this.protocol, error);
    }
    return {
      externalPort,
      // The port is ours, whether or not the router tells its address as well.
      externalAddress: await this.externalAddress(signal).catch(() => undefined),
      lifetimeS: lifetimeS === 0 ? Number.POSITIVE_INFINITY : lifetimeS,
    };
  }

  async unmap({ protocol, externalPort }: MappingRequest, signal: AbortSignal): Promise<void> {
    const { error } = await this.#act(
      'DeletePortMapping',
      { NewRemoteHost: '', NewExternalPort: externalPort, NewProtocol: protocol.toUpperCase() },
      signal,
    );
    if (error !== 0 && error !== ERRORS.noSuchEntry) throw refused(this.address, this.protocol, error);
  }

  async #add(wanted: MappingRequest, signal: AbortSignal): Promise<number> {
    const { error } = await this.#act(
      'AddPortMapping',
      {
        NewRemoteHost: '',
        NewExternalPort: wanted.externalPort,
        NewProtocol: wanted.protocol.toUpperCase(),
        NewInternalPort: wanted.internalPort,
        NewInternalClient: this.localAddress,
        NewEnabled: 1,
        NewPortMappingDescription: 'millrace',
        NewLeaseDuration: wanted.lifetimeS,
      },
      signal,
    );
    return error;
  }

  /** Values of the answer; `error` is 0, or a number of UPnP. */
  async #act(
    action: string,
    values: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<{ readonly error: number; readonly leaves: readonly Leaf[] }> {
    const { type, url } = this.service;
    const request = { name: `${type}#${action}`, body: soapAction(type, action, values) };
    const { status, text } = await askRouter(url, this.localAddress, request, signal);
    const leaves = leavesOf(text);
    if (status === 200) return { error: 0, leaves };
    const error = Number(textOf(leaves, 'errorcode'));
    if (!(error > 0)) throw badAnswer(this.address, `HTTP ${status}`);
    return { error, leaves };
  }
}
