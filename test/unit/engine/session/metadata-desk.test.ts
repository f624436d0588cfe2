import { describe, expect, it } from 'vitest';
import type { Metainfo } from '../../../../src/engine/protocol/metainfo-types.js';
import { METADATA_PART_BYTES } from '../../../../src/engine/protocol/peer/metadata.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';
import { MetadataDesk } from '../../../../src/engine/session/metadata-desk.js';
import { StoredMetainfo } from '../../../../src/engine/session/stored-metainfo.js';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';

/** A desk whose peers wait for these parts; each answer takes the oldest, as in the core. */
function scene(metainfo: unknown = { infoBytes: Uint8Array.of(1, 2, 3) }) {
  const answers: (Uint8Array | undefined)[] = [];
  const lost: unknown[] = [];
  const core = {
    handleMetadata(peer: PeerCore, info: Uint8Array | undefined) {
      peer.metadataAsked.shift();
      answers.push(info);
    },
  };
  let poked = () => {};
  const poke = new Promise<void>(resolve => {
    poked = resolve;
  });
  const desk = new MetadataDesk(
    metainfo as Metainfo,
    core as never,
    () => poked(),
    error => lost.push(error),
  );
  const link = (asked: number, queuedBytes = 0) =>
    ({ socket: { queuedBytes }, peer: { metadataAsked: Array(asked).fill(0) } }) as unknown as PeerLink;
  return { desk, answers, lost, poke, link };
}

describe('the metadata desk', () => {
  it('answers all who ask, once it has the bytes', async () => {
    const { desk, answers, poke, link } = scene();
    const links = [link(2), link(0), link(1)];
    desk.serve(links);
    await poke;
    desk.serve(links);
    expect(answers).toEqual(Array(3).fill(Uint8Array.of(1, 2, 3)));
  });

  it('lays no more than 16 parts into the queue of a socket that is not read', async () => {
    const { desk, answers, poke, link } = scene();
    const links = [link(100), link(100, 14 * METADATA_PART_BYTES), link(100, 17 * METADATA_PART_BYTES)];
    desk.serve(links);
    await poke;
    desk.serve(links);
    expect(answers).toHaveLength(16 + 2);
  });

  it('rejects and says so once when the bytes cannot be read again', async () => {
    const stored = Object.create(StoredMetainfo.prototype, {
      readInfo: { value: () => Promise.reject(new Error('gone')) },
    });
    const { desk, answers, lost, poke, link } = scene(stored);
    const links = [link(2)];
    desk.serve(links);
    desk.serve(links);
    await poke;
    desk.serve(links);
    expect(answers).toEqual([undefined, undefined]);
    expect(lost).toHaveLength(1);
  });
});
