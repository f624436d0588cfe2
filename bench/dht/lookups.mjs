// How lookups of the DHT do in networks that have grown, in virtual time:
// `node bench/dht/lookups.mjs [--nodes 100,1000,10000] [--lookups N] [--seed N]`.
import { parseArgs } from 'node:util';
import { hopBound, tryLookups } from '../../dist/sim/dht/lookup-trials.js';
import { renderText } from '../lib/table.mjs';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '100,1000,10000' },
    lookups: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});

/** Of the nodes that others know: those that have left at once, and those that attack, in all ways or as one clique. */
const SHARES = [
  {},
  { deadShare: 0.3 },
  { hostileShare: 0.2 },
  { hostileShare: 0.2, kinds: ['clique'] },
  { deadShare: 0.3, hostileShare: 0.2 },
];

const percent = share => `${(100 * share).toFixed(1)} %`;
const rows = [];
for (const nodes of values.nodes.split(',').map(Number))
  for (const shares of SHARES) {
    const before = process.cpuUsage();
    const report = tryLookups({
      nodes,
      lookups: Number(values.lookups),
      seed: Number(values.seed),
      ...shares,
    });
    const { user, system } = process.cpuUsage(before);
    rows.push([
      String(nodes),
      percent(shares.deadShare ?? 0),
      `${percent(shares.hostileShare ?? 0)}${shares.kinds ? ' clique' : ''}`,
      percent(report.foundShare),
      percent(report.completeShare),
      `${report.meanHops.toFixed(1)} (${report.mostHops} of ${hopBound(nodes)})`,
      report.meanQueries.toFixed(1),
      `${(report.meanMs / 1000).toFixed(1)} s`,
      `${((user + system) / 1e6).toFixed(1)} s`,
    ]);
    process.stderr.write('.');
  }
process.stderr.write('\n');
process.stdout.write(
  `${renderText({
    title: `${values.lookups} lookups each, 10 to 150 ms one way`,
    columns: [
      ...['nodes', 'dead', 'hostile', 'of the 8 closest', 'lookups with all', 'hops (most, bound)'],
      ...['queries', 'virtual time', 'CPU'],
    ],
    rows,
    left: [2],
    notes: ['found: honest living nodes among the 8 closest that live'],
  })}\n`,
);
