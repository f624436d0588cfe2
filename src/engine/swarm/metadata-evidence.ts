import { toHex } from '../bytes.js';
import { METADATA_PART_BYTES, metadataPartBytes } from '../protocol/peer/metadata.js';
import type { MetadataAssembly, MetadataPeer } from './metadata-assembly.js';

/** Bad assemblies that are remembered, each at most 640 digests; the first are the likeliest to matter. */
const MAX_KEPT = 4;

interface Bad {
  readonly bytes: number;
  readonly sent: readonly { readonly part: number; readonly peer: MetadataPeer; readonly digest: string }[];
}

/** Who sent what of assemblies that were bad as a whole: once the good bytes are here, the liars among them are known. */
export class MetadataEvidence {
  readonly #kept: Bad[] = [];

  constructor(readonly sha1: (bytes: Uint8Array) => Uint8Array) {}

  keep(assembly: MetadataAssembly): void {
    if (this.#kept.length >= MAX_KEPT) return;
    const sent = Array.from(assembly.sent(), ({ part, peer, bytes }) => ({
      ...{ part, peer, digest: this.#digest(bytes) },
    }));
    this.#kept.push({ bytes: assembly.bytes, sent });
  }

  /** Those who sent something else than this, or told of another size. */
  against(good: Uint8Array): Set<MetadataPeer> {
    const liars = new Set<MetadataPeer>();
    for (const { bytes, sent } of this.#kept)
      for (const { part, peer, digest } of sent)
        if (bytes !== good.length || digest !== this.#digest(partOf(good, part))) liars.add(peer);
    return liars;
  }

  #digest(bytes: Uint8Array): string {
    return toHex(this.sha1(bytes));
  }
}

function partOf(good: Uint8Array, part: number): Uint8Array {
  const at = part * METADATA_PART_BYTES;
  return good.subarray(at, at + metadataPartBytes(good.length, part));
}
