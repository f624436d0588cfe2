// Part `memory`: peak and steady memory over a long transfer, many connections, many torrents.
import { measureCrowded } from './crowded.mjs';
import { measureGrowth } from './growth.mjs';
import { measureIdle } from './idle.mjs';

const MEASUREMENTS = { growth: measureGrowth, connections: measureCrowded, idle: measureIdle };

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run(context) {
  const found = {};
  const failures = {};
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    try {
      found[name] = await measure(context);
    } catch (error) {
      context.signal.throwIfAborted();
      failures[name] = error.message.split('\n')[0]; // the others tell what they can all the same
      await context.processes.close();
    }
  }
  const all = Object.values(found);
  const failed = {
    title: 'Failed',
    columns: ['measurement', 'why'],
    left: [1],
    rows: Object.entries(failures),
  };
  return {
    title: 'Memory',
    method: [
      'Resident memory as the system counts it: code, heap, threads, and the shared memory of pieces as far as it was touched.',
      ...all.map(({ method }) => method),
    ],
    tables: [...all.flatMap(({ tables }) => tables), ...(failed.rows.length > 0 ? [failed] : [])],
    charts: all.flatMap(({ charts }) => charts),
    figures: all.flatMap(({ figures }) => figures),
    failures: Object.keys(failures),
    data: Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data])),
  };
}
