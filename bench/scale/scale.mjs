// Part `scale`: how cost grows with connections, pieces, workers, and simulated peers.
import { size } from '../lib/format.mjs';
import { writePayload } from '../lib/payload.mjs';
import { scaleConnections } from './connections.mjs';
import { scaleHashing } from './hashing.mjs';
import { scalePicks } from './picks.mjs';
import { scaleSimulation } from './simulation.mjs';

const MiB = 1024 * 1024;

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run(context) {
  const { quick, workspace, progress } = context;
  const bytes = (quick ? 128 : 512) * MiB;
  const dir = await workspace.fresh('seed');
  progress(`writing ${size(bytes)}`);
  const payload = await writePayload(workspace.path('seed', 'payload.bin'), bytes);
  const connections = await scaleConnections(context, { payload, dir, bytes });
  const picks = await scalePicks(context);
  const hashing = await scaleHashing(context, { payload, dir, bytes });
  const simulation = await scaleSimulation(context);
  const all = [connections, picks, hashing, simulation];
  return {
    title: 'Scale',
    method: [
      'Exponents are fitted by least squares on logarithms: y grows as x to the power of the exponent.',
      ...all.map(({ method }) => method),
    ],
    tables: all.flatMap(({ tables }) => tables),
    charts: all.flatMap(({ charts }) => charts),
    figures: all.flatMap(({ figures }) => figures),
    data: {
      connections: connections.data,
      picks: picks.data,
      hashing: hashing.data,
      simulation: simulation.data,
    },
  };
}
