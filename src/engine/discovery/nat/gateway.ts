import type { PeerAddress } from '../../ids.js';
import type { MappingRequest } from '../../protocol/nat/mapping.js';

/** A port of the router that leads to one of ours. */
export interface PortMapping {
  readonly externalPort: number;
  /** Undefined when the router does not tell. */
  readonly externalAddress: string | undefined;
  /** How long it lasts without being renewed; Infinity: until it is removed. */
  readonly lifetimeS: number;
}

/** A router that can be asked for ports. */
export interface Gateway {
  readonly protocol: 'pcp' | 'nat-pmp' | 'upnp';
  readonly address: string;
  /**
   * Makes a mapping, or has the one that is there last longer. External port and lifetime are wishes.
   * @throws MillraceError ERR_PORT_MAPPING, ERR_ABORTED
   */
  map(wanted: MappingRequest, signal: AbortSignal): Promise<PortMapping>;
  /** Gives it back; its external port is the one that was given. @throws MillraceError ERR_PORT_MAPPING, ERR_ABORTED */
  unmap(mapped: MappingRequest, signal: AbortSignal): Promise<void>;
}

/** Our place in a local network, and where to ask there. */
export interface Neighbourhood {
  readonly localAddress: string;
  /** The router. */
  readonly gateway: string;
  /** Port of PCP and NAT-PMP. */
  readonly port: number;
  /** Where devices are searched. */
  readonly ssdp: PeerAddress;
}
