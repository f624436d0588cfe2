import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { type ChurnFigures, ChurningNetwork } from '../../src/sim/dht/churning-network.js';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Items live longest of all that is kept: two hours (BEP 44). What grows after three hours grows for ever. */
const SETTLED_HOURS = 3;

/** 40 nodes, of which 20 an hour leave and others come, 120 announces and 120 items an hour. */
it('a network keeps no more after a day than after three hours, and finds what was announced', () => {
  const network = new ChurningNetwork({
    ...{ seed: 1, nodes: 40, stable: 8, loss: 0.01 },
    ...{ departureMs: 3 * 60_000, announceMs: 30_000, torrents: 60 },
  });
  const hours: (ChurnFigures & { heapBytes: number })[] = [];
  for (let hour = 1; hour <= DAY_HOURS; hour++) {
    const figures = network.runUntil(hour * HOUR_MS);
    hours.push({ ...figures, heapBytes: heapBytes() });
    console.log(hour, JSON.stringify(hours.at(-1)));
  }
  const early = hours.slice(SETTLED_HOURS - 1, SETTLED_HOURS + 3);
  const late = hours.slice(-4);
  const mean = (of: typeof hours, key: 'entries' | 'heapBytes') =>
    of.reduce((sum, figures) => sum + figures[key], 0) / of.length;
  expect(mean(late, 'entries')).toBeLessThan(1.05 * mean(early, 'entries'));
  // Compiled code and the collector's own leave their mark as well.
  expect(mean(late, 'heapBytes')).toBeLessThan(mean(early, 'heapBytes') + 5_000_000);
  for (const name of Object.keys(early[0].most)) {
    const most = (of: typeof hours) => Math.max(...of.map(figures => figures.most[name]));
    expect(most(late), name).toBeLessThan(1.5 * most(early) + 10);
  }
  const { searches, found } = hours.at(-1)!;
  expect(searches).toBeGreaterThan(1000);
  expect(found / searches).toBeGreaterThan(0.99);
}, 600_000);

/** After everything that can be collected was. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
