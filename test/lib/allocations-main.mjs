/**
 * A session in a process of its own that tells what its heap holds while it downloads or seeds. `argv[2]`: torrent,
 * folder, and the address of the seed if it is not the seed itself. With a young generation so large that nothing is
 * collected meanwhile, what the heap grows by is all that was allocated.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

const { torrent: source, dir, seed } = JSON.parse(process.argv[2]);
const { createSession } = await import('../../dist/index.js');

let collections = 0;
const observer = new PerformanceObserver(list => {
  collections += list.getEntries().length;
});
observer.observe({ entryTypes: ['gc'] });

// little memory, so that what was received is not far ahead of what is verified
const session = await createSession({
  listen: { host: '127.0.0.1' },
  workers: 1,
  memoryBytes: 8 * 1024 * 1024,
});
const torrent = await session.add(source, { dir, check: seed === undefined ? 'seed' : 'full' });
await torrent.checked();

function measure() {
  collections += observer.takeRecords().length;
  const { downloaded, uploaded } = torrent.stats();
  return { bytes: downloaded + uploaded, heap: getHeapStatistics().used_heap_size, collections };
}

process.on('message', () => process.send({ measured: measure() }));
process.on('disconnect', () => process.exit());
process.send({ address: session.address });

if (seed !== undefined) {
  const half = torrent.stats().length / 2;
  const onPiece = () => {
    if (torrent.stats().done < half) return;
    torrent.off('piece', onPiece);
    process.send({ half: measure() });
  };
  torrent.on('piece', onPiece);
  void torrent.completed().then(() => process.send({ end: measure() }));
  torrent.addPeer(seed);
}
