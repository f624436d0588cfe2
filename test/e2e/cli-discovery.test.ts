import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { formatAddress, formatMagnet } from '../../dist/index.js';
import { addressOf, KiB, makeSample, openSession, openStage } from '../lib/e2e-stage.js';
import { freePort } from '../lib/free-port.js';
import { CliProcess } from './cli-process.js';

const ALONE = ['--host', '127.0.0.1', '--port', '0', '--no-state', '--workers', '1'];

/** A seed, and a download that is given a magnet link and nothing else, each a process; `ways` is how they are to meet. */
async function meet(ways: (stage: Awaited<ReturnType<typeof openStage>>) => Promise<string[]>) {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': 300 * KiB });
  const common = [...ALONE, ...(await ways(stage))];
  const start = (...args: string[]) => {
    const program = new CliProcess([...args, ...common]);
    stage.defer(() => program.kill('SIGKILL'));
    return program;
  };
  const seed = start('seed', sample.torrent, '--dir', sample.dir);
  await seed.event('listening');
  const { infoHash } = sample.metainfo;
  const download = start('download', formatMagnet({ infoHash }), '--dir', stage.path('target'));
  expect(await download.ended).toBe(0);
  const [had, got] = await Promise.all(
    [sample.dir, stage.path('target')].map(dir => readFile(`${dir}/film.bin`)),
  );
  expect(got.equals(had)).toBe(true);
}

it('a magnet link and a node of the DHT lead to the file', () =>
  meet(async stage => {
    // a port that the system finds free for connections may be taken for packets
    const listen = { host: '127.0.0.1', port: await freePort() };
    const node = await openSession(stage, { listen, dht: true, dhtBootstrap: [] });
    const at = formatAddress(addressOf(node));
    return ['--dht', '--dht-bootstrap', at, '--no-pex', '--no-lsd'];
  }));

it('a search for metadata that is interrupted says so, and one that is senseless does not begin', async () => {
  const stage = await openStage();
  const start = (link: string) => {
    const program = new CliProcess(['download', link, '--dir', stage.path('target'), ...ALONE]);
    stage.defer(() => program.kill('SIGKILL'));
    return program;
  };
  const [searching, senseless] = [start(formatMagnet({ infoHash: '0'.repeat(40) })), start('magnet:?dn=x')];
  await searching.event('listening');
  searching.kill('SIGINT');
  expect(await searching.ended).toBe(130);
  expect(searching.events.map(({ event }) => event)).toEqual(['listening', 'end']);
  expect(await senseless.ended).toBe(1);
  expect(senseless.events).toMatchObject([{ event: 'error', code: 'ERR_MAGNET_INVALID' }]);
});

it('so do a magnet link and the local network', () => meet(async () => ['--lsd', '--no-dht', '--no-pex']));
