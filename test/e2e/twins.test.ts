import { describe, expect, it } from 'vitest';
import { encodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import { RawPeer } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, openSeed, openStage } from '../lib/e2e-stage.js';

const ID = new Uint8Array(20).fill(7);
const OTHER_ID = new Uint8Array(20).fill(8);

/** A seed of both families, and how one comes to it. */
async function open() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'a.bin': 300 * KiB });
  const seed = await openSeed(stage, sample, { listen: undefined });
  const { port } = addressOf(seed);
  const { infoHash, pieceCount } = sample.metainfo;
  const come = async (host: string, id = ID) => {
    const peer = await RawPeer.dial({ host, port });
    stage.defer(() => peer.destroy());
    peer.expectPieces(pieceCount).handshake(infoHash, undefined, id);
    await peer.message('extended');
    return peer;
  };
  return { come };
}

function claim(peer: RawPeer, ip6: string): RawPeer {
  return peer.send({
    type: 'extended',
    id: 0,
    payload: encodeExtendedHandshake({ extensions: new Map(), ip6 }),
  });
}

/** Whether it is still served. */
async function stays(peer: RawPeer): Promise<void> {
  peer.send({ type: 'interested' });
  await peer.message('unchoke');
  expect(peer.socket.destroyed).toBe(false);
}

describe('a peer that is here by both families', () => {
  it('keeps the connection by IPv6 when it says so', async () => {
    const { come } = await open();
    const [by4, by6] = [await come('127.0.0.1'), await come('::1')];
    claim(by4, '::1');
    await by4.gone;
    await stays(by6);
  });

  it('also when it says so before it comes', async () => {
    const { come } = await open();
    const by4 = await come('127.0.0.1');
    await stays(claim(by4, '::1'));
    const by6 = await come('::1');
    await by4.gone;
    await stays(by6);
  });

  it('keeps both when it says nothing: an id may be borrowed', async () => {
    const { come } = await open();
    for (const peer of [await come('127.0.0.1'), await come('::1')]) await stays(peer);
  });

  it('is not who has another id, or comes from elsewhere', async () => {
    const { come } = await open();
    const by6 = await come('::1');
    await stays(claim(await come('127.0.0.1', OTHER_ID), '::1'));
    await stays(claim(await come('127.0.0.1'), '2001:db8::1'));
    await stays(by6);
  });
});
