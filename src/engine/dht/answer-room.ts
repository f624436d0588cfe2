import { COMPACT_BYTES, type IpFamily } from '../protocol/compact.js';
import { COMPACT_NODE_BYTES } from '../protocol/dht/compact-nodes.js';
import { type DhtItem, NODE_ID_BYTES } from '../protocol/dht/messages.js';
import { TOKEN_BYTES } from './tokens.js';

/** Nodes of a family in an answer: the k of BEP 5. */
const K = 8;

/** Both filters of BEP 33 with their keys. */
const FILTERS_BYTES = 2 * ('4:BFsd'.length + '256:'.length + 256);

/** What an answer may still hold, so that it is as long as it may be and no longer. Sizes are those of bencode. */
export class AnswerRoom {
  constructor(public left: number) {}

  takeToken(): void {
    this.left -= '5:token'.length + stringBytes(TOKEN_BYTES);
  }

  takeFilters(): boolean {
    return this.#take(FILTERS_BYTES);
  }

  takeSeq(seq: number): boolean {
    return this.#take(seqBytes(seq));
  }

  takeItem({ value, mutable }: DhtItem): boolean {
    let bytes = '1:v'.length + value.length;
    if (mutable !== undefined) {
      bytes += '1:k'.length + stringBytes(mutable.key.length) + seqBytes(mutable.seq);
      bytes += '3:sig'.length + stringBytes(mutable.signature.length);
    }
    return this.#take(bytes);
  }

  /** Numbers that go with samples (BEP 51). */
  takeSampleFacts(interval: number, stored: number): void {
    this.left -= '8:interval'.length + intBytes(interval) + '3:num'.length + intBytes(stored);
  }

  /** @returns how many there may be; nodes of these families go without only for half of the room */
  takeSamples(most: number, families: readonly IpFamily[]): number {
    return this.#takeSome('7:samples000:'.length, NODE_ID_BYTES, most, this.#besideNodes(families));
  }

  /** Likewise. */
  takePeers(family: IpFamily, most: number, families: readonly IpFamily[]): number {
    const each = stringBytes(COMPACT_BYTES[family]);
    return this.#takeSome('6:valuesle'.length, each, most, this.#besideNodes(families));
  }

  /** @param families still to come, this one counted: they share what there is */
  takeNodes(family: IpFamily, families: number): number {
    return this.#takeSome(nodesKeyBytes(family), COMPACT_NODE_BYTES[family], K, this.left / families);
  }

  #besideNodes(families: readonly IpFamily[]): number {
    let nodes = 0;
    for (const family of families) nodes += nodesKeyBytes(family) + K * COMPACT_NODE_BYTES[family];
    return Math.max(this.left / 2, this.left - nodes);
  }

  #takeSome(overhead: number, each: number, most: number, within: number): number {
    const count = Math.min(most, Math.floor((within - overhead) / each));
    if (count <= 0) return 0;
    this.left -= overhead + count * each;
    return count;
  }

  #take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }
}

function nodesKeyBytes(family: IpFamily): number {
  return (family === 4 ? '5:nodes' : '6:nodes6').length + '000:'.length;
}

function seqBytes(seq: number): number {
  return '3:seq'.length + intBytes(seq);
}

function intBytes(value: number): number {
  return 'ie'.length + String(value).length;
}

/** A string with its length before it. */
export function stringBytes(length: number): number {
  return String(length).length + 1 + length;
}
