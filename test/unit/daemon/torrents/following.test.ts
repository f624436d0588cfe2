import { afterEach, beforeEach, expect, it } from 'vitest';
import { Following } from '../../../../src/daemon/torrents/following.js';
import { type MagnetPointer, MillraceError, parseMagnet } from '../../../../src/index.js';
import { DaemonStage } from '../../../lib/daemon-stage.js';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const pointer = { publicKey: 'ab'.repeat(32), salt: '6e' };
const link = `magnet:?xs=urn:btpk:${pointer.publicKey}&s=${pointer.salt}&dn=news&so=0`;

let stage: DaemonStage;
beforeEach(async () => {
  stage = await DaemonStage.open();
});
afterEach(() => stage.close());

/** A DHT that answers so. */
const dht = (answer: (asked: MagnetPointer, signal: AbortSignal) => Promise<string | undefined>) => {
  stage.session.dht = { follow: (asked, options) => answer(asked, options!.signal!) };
};
/** One that looks on until it is told to end. */
const endless = (_: MagnetPointer, signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new MillraceError('ERR_ABORTED', 'aborted')));
  });
const add = (filename = link) => stage.ask('torrent-add', { filename });

it('a link that names a publisher is in the list as the torrent of this moment', async () => {
  const asked: MagnetPointer[] = [];
  dht(async what => {
    asked.push(what);
    return HASH;
  });
  const answers = [await add(), await add()];
  const told = { id: 1, name: 'news', hashString: HASH };
  expect(answers.map(answer => answer.arguments)).toEqual([
    ...[{ 'torrent-added': told }, { 'torrent-duplicate': told }],
  ]);
  expect(asked).toEqual([pointer, pointer]);
  const { magnet } = stage.session.sought[0];
  expect(parseMagnet(magnet)).toEqual({ ...parseMagnet(link), infoHash: HASH });
  expect(stage.entry(HASH).record.magnet).toBe(magnet);
});

it('one with an info-hash is that torrent, and nobody is asked', async () => {
  await add(`${link}&xt=urn:btih:${HASH}`);
  expect(stage.session.sought).toHaveLength(1);
});

it('whoever adds one is told why it is not in the list', async () => {
  expect((await add()).result).toBe(
    'which torrent the magnet link is of is only known to the DHT, which is off',
  );
  const unknown = 'the DHT does not tell which torrent the magnet link is of at present';
  dht(async () => undefined);
  expect((await add()).result).toBe(unknown);
  dht(async () => {
    throw new MillraceError('ERR_DHT_NO_NODES', 'nobody answers');
  });
  expect((await add()).result).toBe('nobody answers');
  expect(stage.state.catalog.size).toBe(0);
});

it('nobody waits for longer than a while, nor for the end of the daemon', async () => {
  dht(endless);
  const { session, settings } = stage;
  const hasty = new Following({ session: session.real, settings, limitMs: 1 });
  await expect(hasty.follow(pointer)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  const patient = new Following({ session: session.real, settings });
  const following = patient.follow(pointer);
  patient.close();
  await expect(following).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});
