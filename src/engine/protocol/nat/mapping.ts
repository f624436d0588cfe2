export type MappingProtocol = 'tcp' | 'udp';

/** What a router is asked for: packets that come to its external port go to ours. */
export interface MappingRequest {
  readonly protocol: MappingProtocol;
  readonly internalPort: number;
  /** Wanted; another may be given. */
  readonly externalPort: number;
  /** 0 gives the mapping back. */
  readonly lifetimeS: number;
}

/** A router's yes or no. */
export interface MappingAnswer {
  /** Of the protocol; 0 is a yes. */
  readonly result: number;
  readonly externalPort: number;
  readonly lifetimeS: number;
  /** Only PCP tells it with the mapping. */
  readonly externalAddress?: string;
}
