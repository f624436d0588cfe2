// How well the links hold their rates: plain TCP between a shaped host and one without limits.
import { fileURLToPath } from 'node:url';
import { formatRate } from '../../dist/cli/format.js';
import { Process } from '../lib/processes.mjs';
import { SEED, TRACKER } from './race.mjs';

const TCP_COPY = fileURLToPath(new URL('tcp-copy.mjs', import.meta.url));
const PORT = 5001;

/** Long enough for TCP to settle, short enough to wait for. */
const COPY_SECONDS = 8;
const TOLERANCE = 0.01;

/**
 * @param {import('./network.mjs').Network} network @param {import('./options.mjs').Scenario} scenario
 * @param {import('../../dist/cli/output.js').Output} output
 * @returns {Promise<boolean>} whether each alone is held to 1 %
 */
export async function checkRates(network, { seedUp, seedDown }, output) {
  const up = { from: SEED, to: TRACKER, wanted: seedUp };
  const down = { from: TRACKER, to: SEED, wanted: seedDown };
  const [upAlone] = await measure(network, [up]);
  const rows = [{ name: 'up', ...upAlone }];
  if (seedDown > 0) {
    const [downAlone] = await measure(network, [down]);
    const [upBoth, downBoth] = await measure(network, [up, down]);
    rows.push(
      { name: 'down', ...downAlone },
      { name: 'up, while it receives', ...upBoth, shared: true },
      { name: 'down, while it sends', ...downBoth, shared: true },
    );
  }
  for (const { name, wanted, rate } of rows) {
    const ratio = rate / wanted;
    output.event('rate', { name, wanted, rate: Math.round(rate), ratio: Math.round(ratio * 1e4) / 1e4 });
    const share = `${(100 * ratio).toFixed(2)} %`;
    output.line(`${name.padEnd(22)} ${formatRate(rate).padStart(10)} of ${formatRate(wanted)}, ${share}`);
  }
  return rows.every(({ wanted, rate, shared }) => shared || Math.abs(rate / wanted - 1) <= TOLERANCE);
}

async function measure(network, copies) {
  const runs = copies.map(async ({ from, to, wanted }) => {
    const bytes = `${Math.ceil(wanted * COPY_SECONDS)}`;
    const args = [network.address(from), `${PORT}`, bytes];
    const server = new Process(network.spawnNode(from, [TCP_COPY, 'serve', ...args]));
    await server.line(/^listening/);
    const client = new Process(network.spawnNode(to, [TCP_COPY, 'fetch', ...args]));
    const [, rate] = await client.line(/^rate (\S+)/);
    await server.kill();
    return { wanted, rate: Number(rate) };
  });
  return Promise.all(runs);
}
