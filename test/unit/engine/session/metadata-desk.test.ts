import { afterEach, describe, expect, it, vi } from 'vitest';
import { TokenBucket } from '../../../../src/engine/policy/rate-limit.js';
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
  /** @param up bytes a second, 0 for no limit */
  const link = (asked: number, queuedBytes = 0, up = 0) =>
    ({
      ...{ socket: { queuedBytes }, peer: { metadataAsked: Array(asked).fill(0) } },
      limits: { up: new TokenBucket(up) },
    }) as unknown as PeerLink;
  const delays: number[] = [];
  const serve = (links: readonly PeerLink[]) => desk.serve(links, untilMs => delays.push(untilMs));
  return { serve, answers, lost, poke, link, delays };
}

afterEach(() => void vi.useRealTimers());

describe('the metadata desk', () => {
  it('answers all who ask, once it has the bytes', async () => {
    const { serve, answers, poke, link } = scene();
    const links = [link(2), link(0), link(1)];
    serve(links);
    await poke;
    serve(links);
    expect(answers).toEqual(Array(3).fill(Uint8Array.of(1, 2, 3)));
  });

  it('lays no more than 16 parts into the queue of a socket that is not read', async () => {
    const { serve, answers, poke, link } = scene();
    const links = [link(100), link(100, 14 * METADATA_PART_BYTES), link(100, 17 * METADATA_PART_BYTES)];
    serve(links);
    await poke;
    serve(links);
    expect(answers).toHaveLength(16 + 2);
  });

  it('keeps to the limits of each peer, and says when it goes on', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { serve, answers, poke, link, delays } = scene({ infoBytes: new Uint8Array(1000) });
    const links = [link(5), link(5, 0, 4000)];
    serve(links);
    await poke;
    const beganMs = performance.now();
    serve(links);
    expect([answers.length, delays]).toEqual([5, [beganMs + 250]]); // a bucket begins empty
    vi.advanceTimersByTime(250);
    serve(links);
    expect([answers.length, delays.at(-1)]).toEqual([6, beganMs + 500]);
  });

  it('rejects and says so once when the bytes cannot be read again', async () => {
    const stored = Object.create(StoredMetainfo.prototype, {
      readInfo: { value: () => Promise.reject(new Error('gone')) },
    });
    const { serve, answers, lost, poke, link } = scene(stored);
    const links = [link(2)];
    serve(links);
    serve(links);
    await poke;
    serve(links);
    expect(answers).toEqual([undefined, undefined]);
    expect(lost).toHaveLength(1);
  });
});
