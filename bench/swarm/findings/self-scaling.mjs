// Does the time until the last peer is complete grow with the number of peers?
import { group } from '../../lib/format.mjs';
import { median, summarize } from '../../lib/stats.mjs';
import { paragraph, percent, shell } from './prose.mjs';
import { commandOf, swarm } from './swarms.mjs';

const SIZES = [10, 20, 50, 100, 200, 500, 1000];
const SERVED = [10, 100, 1000];
const QUICK = [10, 100];

const p2p = peers => `peer-to-peer, ${peers}`;
const server = peers => `client–server, ${peers}`;

/** @type {import('./measure.mjs').Finding} */
export const selfScaling = {
  name: 'self-scaling',
  cases: [
    ...SIZES.map(peers => ({
      name: p2p(peers),
      scenario: swarm({ peers }),
      seeds: 3,
      quick: QUICK.includes(peers),
    })),
    ...SERVED.map(peers => ({
      name: server(peers),
      scenario: swarm({ peers, profile: 'client-server' }),
      quick: QUICK.includes(peers),
    })),
  ],
  measure: ({ completion, bounds, seeds }) => ({
    last: completion.last,
    bound: bounds.peerToPeer,
    serverBound: bounds.clientServer,
    copies: seeds.copies,
  }),
  conclude,
  charts: (results, draw) => ({ 'self-scaling': chart(results, draw) }),
  text,
};

/** Times of the last peer, medians over the seeds, and how they grow from the least N to the greatest. */
function conclude(results) {
  const last = name => median(results[name].map(run => run.last));
  const of = name =>
    SIZES.filter(peers => results[name(peers)]).map(peers => ({ peers, last: last(name(peers)) }));
  const swarms = of(p2p);
  const servers = of(server);
  const growth = runs => runs.at(-1).last / runs[0].last;
  return {
    swarms,
    servers,
    growth: growth(swarms) - 1,
    serverGrowth: growth(servers),
    worst: Math.max(...swarms.flatMap(({ peers }) => results[p2p(peers)].map(run => run.last / run.bound))),
  };
}

function text(results) {
  const { swarms, servers, growth, serverGrowth, worst } = conclude(results);
  const [few, many] = [swarms[0], swarms.at(-1)];
  const { bound } = results[p2p(few.peers)][0];
  const copies = peers => median(results[p2p(peers)].map(run => run.copies)).toFixed(2);
  return [
    paragraph(
      `The last of ${few.peers} peers was complete after ${few.last.toFixed(1)} s, the last of ${group(many.peers)} after`,
      `${many.last.toFixed(1)} s: **${percent(growth)} more for ${many.peers / few.peers} times the peers**.`,
      `Client–server took ${group(servers[0].last)} s and ${group(servers.at(-1).last)} s,`,
      `${serverGrowth.toFixed(0)} times as long. The peer-to-peer bound is ${bound.toFixed(1)} s for every N here;`,
      `what the swarms took more, at most ${percent(worst - 1)}, is mostly what the seed sent twice`,
      `(${copies(few.peers)} copies at ${few.peers} peers, ${copies(many.peers)} at ${group(many.peers)}).`,
    ),
    shell(commandOf(swarm({ peers: 1000 })), commandOf(swarm({ peers: 1000, profile: 'client-server' }))),
  ].join('\n\n');
}

function chart(results, { lineChart }) {
  const lastOf = name => run => [run.peers, median(results[name(run.peers)].map(({ last }) => last))];
  const { swarms, servers } = conclude(results);
  const bound = key => SIZES.map(peers => [peers, results[p2p(peers)][0][key]]);
  return lineChart({
    title: 'Time until the last peer is complete',
    subtitle: '64 MiB, 256 KiB pieces, every uplink 1 MB/s; range of 3 runs',
    x: { name: 'peers', log: true },
    y: { name: 'last peer', unit: 's', log: true },
    series: [
      { name: 'client–server', points: servers.map(lastOf(server)), marks: 'only', color: 4 },
      { name: 'client–server bound', points: bound('serverBound'), dashed: true, color: 4 },
      {
        name: 'peer-to-peer',
        points: swarms.map(lastOf(p2p)),
        whiskers: swarms.map(({ peers }) => summarize(results[p2p(peers)].map(({ last }) => last))),
        marks: true,
        color: 0,
      },
      { name: 'peer-to-peer bound', points: bound('bound'), dashed: true, color: 0 },
    ],
  });
}
