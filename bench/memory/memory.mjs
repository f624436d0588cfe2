// Part `memory`: peak and steady memory over a long transfer, many connections, many torrents.
import { measureCrowded } from './crowded.mjs';
import { measureGrowth } from './growth.mjs';
import { measureIdle } from './idle.mjs';

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run(context) {
  const growth = await measureGrowth(context);
  const crowded = await measureCrowded(context);
  const idle = await measureIdle(context);
  const all = [growth, crowded, idle];
  return {
    title: 'Memory',
    method: [
      'Resident memory as the system counts it: code, heap, threads, and the shared memory of pieces as far as it was touched.',
      ...all.map(({ method }) => method),
    ],
    tables: all.flatMap(({ tables }) => tables),
    charts: all.flatMap(({ charts }) => charts),
    figures: all.flatMap(({ figures }) => figures),
    data: { growth: growth.data, crowded: crowded.data, idle: idle.data },
  };
}
