// What a run says: the objects of `millrace swarm`, and what only shaped hosts can tell.
import { clientServerSeconds, discreteSeconds, peerToPeerSeconds } from 'millrace/sim';
import { formatBytes, formatSeconds, round3 } from '../../dist/cli/format.js';
import { capacitiesEvent, printReport, swarmEvent } from '../../dist/cli/swarm/report.js';
import { quantile } from '../lib/stats.mjs';

/** What the links can do, which is what the bounds are computed from. @param {import('./options.mjs').Scenario} scenario */
export function capacitiesOf({ seedUp, ups, downs }) {
  const down = Math.min(...downs.map(rate => rate || Number.POSITIVE_INFINITY));
  return { seedUp, up: ups, down, seedUpMeasured: false, upMeasured: false };
}

/** As in `millrace swarm`. @param {import('./options.mjs').Scenario} scenario */
export function boundOf({ size, pieceLength, ...scenario }) {
  const { seedUp, up, down } = capacitiesOf({ size, pieceLength, ...scenario });
  const swarm = {
    fileBytes: size,
    peers: up.length,
    pieces: Math.ceil(size / pieceLength),
    seedUpBytesPerSecond: seedUp,
    upBytesPerSecond: up,
    downBytesPerSecond: down,
  };
  return {
    clientServer: clientServerSeconds(swarm),
    peerToPeer: peerToPeerSeconds(swarm),
    discrete: discreteSeconds(swarm),
  };
}

/**
 * @param {import('./options.mjs').Scenario} scenario
 * @param {Awaited<ReturnType<import('./race.mjs').runRace>>} outcome
 * @param {ReadonlyMap<string, boolean>} same whether a peer has every byte
 */
export function resultOf(scenario, { seed, finishes, cpu, wire }, same) {
  const peers = finishes.map(finish => {
    const { id, seconds, error, limitedBy } = finish;
    if (seconds === undefined) return { id, ok: false, error, limitedBy };
    const ok = same.get(id) === true;
    return {
      id,
      seconds,
      rate: scenario.size / seconds,
      ok,
      error: ok ? undefined : 'SHA-256 differs',
      limitedBy,
    };
  });
  const times = peers.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds]));
  const at = q => (times.length === peers.length ? quantile(times, q) : Number.NaN);
  return {
    peers,
    seedLimitedBy: seed.limitedBy,
    seedUploaded: seed.uploaded ?? Number.NaN,
    seedCopies: (seed.uploaded ?? Number.NaN) / scenario.size,
    median: at(0.5),
    p90: at(0.9),
    last: at(1),
    capacities: capacitiesOf(scenario),
    bound: boundOf(scenario),
    size: scenario.size,
    cpu,
    wire,
  };
}

/** The last JSON object: all fields of `millrace swarm`, and `p90`, `copies`, `cpu`, `wire`. */
export function finalEvent(result, congestion) {
  const event = swarmEvent(result);
  const { p90, bound, seedUploaded, size, cpu, wire } = result;
  const { seconds, machineShare, cores } = cpu;
  return {
    ...event,
    seed: { ...event.seed, uploaded: seedUploaded, copies: round3(seedUploaded / size) },
    p90: round3(p90),
    ratio: {
      ...event.ratio,
      p90: round3(p90 / bound.peerToPeer),
      clientServer: round3(result.last / bound.clientServer),
    },
    cpu: { seconds: round3(seconds), machineShare: round3(machineShare), cores },
    wire: { ...wire, congestion },
  };
}

/** @param {import('../../dist/cli/output.js').Output} output */
export function print(output, result, congestion) {
  output.event('capacities', capacitiesEvent(result.capacities));
  output.event('swarm', finalEvent(result, congestion));
  printReport(output, result);
  if (Number.isNaN(result.last)) return;
  const { p90, bound, size, cpu, wire, peers } = result;
  const row = (name, text) => output.line(`${name.padEnd(14)} ${text}`);
  const perGigabyte = cpu.seconds / ((size * peers.length) / 1e9);
  output.line();
  row('90th percentile', `${formatSeconds(p90)}, ${(p90 / bound.peerToPeer).toFixed(2)} of peer-to-peer`);
  row(
    'links sent',
    `${formatBytes(wire.bytes)} with headers, ${wire.drops} packets dropped, TCP ${congestion}`,
  );
  row(
    'CPU',
    `${cpu.seconds.toFixed(1)} s of all peers (${perGigabyte.toFixed(1)} s/GB), ` +
      `${(100 * cpu.machineShare).toFixed(0)} % of ${cpu.cores} cores busy`,
  );
}
