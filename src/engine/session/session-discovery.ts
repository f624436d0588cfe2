import type { PeerAddress } from '../ids.js';
import { familyOf } from '../protocol/compact.js';
import { DhtApi } from './dht-api.js';
import { DhtService } from './dht-service.js';
import { Discovery } from './discovery.js';
import type { Engine } from './engine.js';
import { LsdService } from './lsd-service.js';
import type { Network } from './network.js';
import { PortMappingService } from './port-mapping-service.js';
import type { MappedPort } from './types.js';

export interface SessionDiscoveryOptions {
  readonly engine: Engine;
  readonly network: Network;
  /** The router lets peers in elsewhere than before. */
  readonly onMoved: () => void;
}

/** What a session finds peers by, and is found by, as it is made when it is switched on. */
export class SessionDiscovery {
  readonly ways: Discovery;
  #dht: DhtApi | undefined;
  #ports: PortMappingService | undefined;

  constructor(readonly options: SessionDiscoveryOptions) {
    this.ways = new Discovery({
      dht: () => this.#openDht(),
      lsd: () => this.#openLsd(),
      portMapping: () => this.#mapPorts(),
    });
  }

  /** Undefined while it is off. */
  get dht(): DhtApi | undefined {
    return this.ways.has('dht') ? this.#dht : undefined;
  }

  /** What the router does for us. */
  get mapped(): readonly MappedPort[] {
    return this.#ports?.mapped ?? [];
  }

  /** Where peers come in: at the router, or where the session listens. */
  get listenPort(): number | undefined {
    return this.#ports?.externalPort ?? this.options.network.address?.port;
  }

  /** Nothing goes around a proxy, and no packet through it. */
  #openDht(): DhtService | undefined {
    const { engine, network } = this.options;
    const { log, rng, timers, options } = engine;
    if (network.proxy !== undefined) {
      log.info({}, 'the DHT is off: its packets would go around the proxy');
      return undefined;
    }
    const { stateDir, bind, dhtBootstrap: bootstrap, dhtReadOnly } = options;
    const service = new DhtService({
      ...{ log, rng, timers, stateDir, bind, bootstrap },
      readOnly: dhtReadOnly || options.listen === undefined,
      refuses: host => network.admission.blocks(host),
      listening: () => network.addresses,
      listenPort: () => this.listenPort,
    });
    network.dht = service;
    this.#dht = new DhtApi(service);
    return service;
  }

  /** Whoever heard us would connect around the proxy. */
  #openLsd(): LsdService | undefined {
    const { engine, network } = this.options;
    if (network.proxy !== undefined) return undefined;
    return new LsdService({ engine, listening: () => network.addresses });
  }

  /** Not behind a proxy, whose users want nobody to come by another way. */
  #mapPorts(): PortMappingService | undefined {
    const { engine, network, onMoved } = this.options;
    if (network.proxy !== undefined) return undefined;
    const { timers, log, options } = engine;
    this.#ports = new PortMappingService({
      ...{ timers, log, onMoved, after: this.#ports?.ended },
      address: () => withHost(ofIpv4(network.addresses), options.bind),
    });
    return this.#ports;
  }
}

/** IPv6 has no translation of addresses. */
function ofIpv4(addresses: readonly PeerAddress[]): PeerAddress | undefined {
  return addresses.find(({ host }) => familyOf(host) === 4);
}

function withHost(address: PeerAddress | undefined, host: string | undefined): PeerAddress | undefined {
  return address && { ...address, host: host ?? address.host };
}
