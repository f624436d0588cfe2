import type { DhtAnswer, DhtQuery } from '../protocol/dht/messages.js';
import type { LookupPurpose } from './lookup.js';
import type { DhtLookupResult, FindNodeOptions, SampleOptions } from './node-types.js';
import type { Candidate } from './shortlist.js';

/** Looks for nodes alone. */
export class NodesPurpose implements LookupPurpose {
  readonly query: DhtQuery;

  constructor(
    target: Uint8Array,
    readonly options: FindNodeOptions,
  ) {
    this.query = { method: 'find_node', target };
  }

  done(result: DhtLookupResult): void {
    this.options.onDone?.(result);
  }
}

/** Asks the nodes on the way to a target for info-hashes that they store (BEP 51). */
export class SamplePurpose implements LookupPurpose {
  readonly query: DhtQuery;

  constructor(
    target: Uint8Array,
    readonly options: SampleOptions,
  ) {
    this.query = { method: 'sample_infohashes', target };
  }

  answered({ id, host, port }: Candidate, { samples, interval, stored }: DhtAnswer): boolean {
    if (samples !== undefined)
      this.options.onSamples?.({
        ...{ from: { id, host, port }, samples },
        ...(interval !== undefined && { interval }),
        ...(stored !== undefined && { stored }),
      });
    return false;
  }

  done(result: DhtLookupResult): void {
    this.options.onDone?.(result);
  }
}
